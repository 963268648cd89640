/** More attributes than any method has use for; a message with more is not worth reading. */
export const MOST_ATTRIBUTES = 48;

/** The attributes of a message where they lie: what the readers of values need to know of a message of any dialect. */
export class AttributeList {
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** How many attributes are listed. */
  count = 0;
  readonly #types = new Uint16Array(MOST_ATTRIBUTES);
  readonly #lengths = new Uint16Array(MOST_ATTRIBUTES);
  readonly #offsets = new Int32Array(MOST_ATTRIBUTES);

  typeAt(index: number): number {
    return this.#types[index]!;
  }

  /** Length of the value in bytes, without padding. */
  lengthAt(index: number): number {
    return this.#lengths[index]!;
  }

  /** Where the value starts in `bytes`. */
  offsetAt(index: number): number {
    return this.#offsets[index]!;
  }

  /** Index of the first attribute of this type at or after `from`, or -1. Of duplicates only the first counts (RFC 8489 §14). */
  find(type: number, from = 0): number {
    for (let i = from; i < this.count; i++) if (this.#types[i] === type) return i;
    return -1;
  }

  has(type: number): boolean {
    return this.find(type) >= 0;
  }

  /** The value's bytes, a borrowed view. */
  valueAt(index: number): Uint8Array {
    const offset = this.offsetAt(index);
    return this.bytes.subarray(offset, offset + this.lengthAt(index));
  }

  /** For the codec that fills the list: an attribute at `index`, which is below MOST_ATTRIBUTES. */
  protected put(index: number, type: number, length: number, offset: number): void {
    this.#types[index] = type;
    this.#lengths[index] = length;
    this.#offsets[index] = offset;
  }
}

const EMPTY = new Uint8Array(0);
