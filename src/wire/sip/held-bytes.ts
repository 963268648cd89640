/** Bytes waiting for the rest of their message. Grows by doubling, so that dripping bytes cost no more than sending them. */
export class HeldBytes {
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;

  get length(): number {
    return this.end - this.start;
  }

  append(chunk: Uint8Array): void {
    if (this.end + chunk.length > this.bytes.length) this.#grow(this.length + chunk.length);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** Forgets the first so many. When nothing is left the memory is given back: an idle connection holds none. */
  drop(count: number): void {
    this.start += count;
    if (this.start < this.end) return;
    this.bytes = EMPTY;
    this.start = 0;
    this.end = 0;
  }

  #grow(needed: number): void {
    const grown = needed <= this.bytes.length / 2 ? this.bytes : new Uint8Array(Math.max(2 * needed, SMALLEST));
    const held = this.bytes.subarray(this.start, this.end);
    if (grown === this.bytes) grown.copyWithin(0, this.start, this.end);
    else grown.set(held);
    this.end -= this.start;
    this.start = 0;
    this.bytes = grown;
  }
}

const EMPTY = new Uint8Array(0);
const SMALLEST = 512;
