import { paddedLength, writeUint16At, writeWord } from './words.ts';

/**
 * Writes a message of type-length-value attributes into bytes the caller owns: what STUN and the Microsoft dialect have in common.
 * The length field is true after every call; `end` is where the message ends.
 */
export abstract class AttributeWriter {
  readonly bytes: Uint8Array;
  readonly start: number;
  end: number;
  readonly #headerLength: number;
  readonly #isPadded: boolean;

  /** Padding is written as zeros, so nothing that lay there before leaks. */
  protected constructor(bytes: Uint8Array, start: number, headerLength: number, isPadded: boolean) {
    this.bytes = bytes;
    this.start = start;
    this.end = start + headerLength;
    this.#headerLength = headerLength;
    this.#isPadded = isPadded;
  }

  /** The message so far, a view. */
  get message(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }

  raw(type: number, value: ArrayLike<number>): this {
    const at = this.open(type, value.length);
    this.bytes.set(value, at);
    return this;
  }

  text(type: number, value: string): this {
    return this.raw(type, Buffer.from(value, 'utf8'));
  }

  uint32(type: number, value: number): this {
    writeWord(this.bytes, this.open(type, 4), value);
    return this;
  }

  /** A list of 16-bit numbers, such as UNKNOWN-ATTRIBUTES (RFC 8489 §14.13). */
  protected uint16s(type: number, values: readonly number[]): this {
    const at = this.open(type, values.length * 2);
    values.forEach((value, i) => {
      writeUint16At(this.bytes, at + 2 * i, value);
    });
    return this;
  }

  /** ERROR-CODE and its kin: `family` is 0 where there is none. */
  protected error(type: number, family: number, code: number, reason: string): this {
    const text = Buffer.from(reason, 'utf8');
    const at = this.open(type, 4 + text.length);
    writeWord(this.bytes, at, (family << 24) | (Math.trunc(code / 100) << 8) | (code % 100));
    this.bytes.set(text, at + 4);
    return this;
  }

  /** Writes an attribute's header and returns where the value goes. Messages that do not fit are our mistake. */
  protected open(type: number, length: number): number {
    const at = this.end;
    const end = at + 4 + (this.#isPadded ? paddedLength(length) : length);
    const counted = end - this.start - this.#headerLength;
    if (end > this.bytes.length) throw new RangeError('the message does not fit into the bytes given');
    if (counted > 0xffff) throw new RangeError('the message is longer than its length field can say');
    writeUint16At(this.bytes, at, type);
    writeUint16At(this.bytes, at + 2, length);
    if (this.#isPadded && length > 0) writeWord(this.bytes, end - 4, 0);
    this.end = end;
    writeUint16At(this.bytes, this.start + 2, counted);
    return at + 4;
  }
}
