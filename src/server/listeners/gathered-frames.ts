import { borrowChunk, CHUNK, giveBackChunk } from './borrowed-chunks.ts';

/**
 * The frames that one turn of the event loop brings for one connection, one behind the other. Their memory is borrowed: it is another
 * connection's as soon as the kernel has what was in it, and a connection at rest holds none.
 */
export class GatheredFrames {
  #chunk: Buffer | undefined;
  #length = 0;
  readonly #ends: number[] = [];

  get length(): number {
    return this.#length;
  }

  hasRoomFor(length: number): boolean {
    return this.#length + length <= CHUNK;
  }

  /** Where a frame of this length goes, which has room. */
  take(length: number): Buffer {
    this.#chunk ??= borrowChunk();
    const at = this.#length;
    this.#length += length;
    this.#ends.push(this.#length);
    return this.#chunk.subarray(at, at + length);
  }

  /**
   * Writes all in one piece, and says where in it each frame ends. The memory is used again if `write` says that it is done with it, and left
   * to it otherwise.
   */
  flush(write: (bytes: Buffer, ends: readonly number[]) => boolean): void {
    const chunk = this.#chunk;
    if (chunk === undefined) return;
    const bytes = chunk.subarray(0, this.#length);
    this.#chunk = undefined;
    this.#length = 0;
    if (write(bytes, this.#ends)) giveBackChunk(chunk);
    this.#ends.length = 0;
  }
}
