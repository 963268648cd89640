/** Bytes that need not wait for more. */
const CHUNK = 64 * 1024;
/** As many connections as bring their frames together in one turn; more chunks are collected as garbage. */
const MOST_SPARE = 16;

const spare: Buffer[] = [];

/**
 * The frames that one turn of the event loop brings for one connection, one behind the other. Their memory is borrowed: it is another
 * connection's as soon as the kernel has what was in it, and a connection at rest holds none.
 */
export class GatheredFrames {
  #chunk: Buffer | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  hasRoomFor(length: number): boolean {
    return this.#length + length <= CHUNK;
  }

  /** Where a frame of this length goes, which has room. */
  take(length: number): Buffer {
    this.#chunk ??= spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
    const at = this.#length;
    this.#length += length;
    return this.#chunk.subarray(at, at + length);
  }

  /** Writes all in one piece. The memory is used again if `write` says that it is done with it, and left to it otherwise. */
  flush(write: (bytes: Buffer) => boolean): void {
    const chunk = this.#chunk;
    if (chunk === undefined) return;
    const bytes = chunk.subarray(0, this.#length);
    this.#chunk = undefined;
    this.#length = 0;
    if (write(bytes) && spare.length < MOST_SPARE) spare.push(chunk);
  }
}
