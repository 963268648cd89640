import { Duplex } from 'node:stream';

/** What a TCP relay has of a peer: a socket, or one end of a connection that never leaves the process. */
export type PeerStream = Duplex & { resetAndDestroy(): unknown };

type Done = (error?: Error | null) => void;

/**
 * One end of a connection between two relays of this process: to its owner a socket, to the system nothing. What one end writes the other
 * reads, by the chunk; it is taken for written when the other end has room again, so that who reads slowly slows down who writes.
 */
export class NearSocket extends Duplex {
  #far!: NearSocket;
  /** The far end's chunk lies here: it hears when there is room for more. */
  #taken: Done | undefined;

  static pair(): [NearSocket, NearSocket] {
    const [one, other] = [new NearSocket(), new NearSocket()];
    one.#far = other;
    other.#far = one;
    return [one, other];
  }

  private constructor() {
    super({ allowHalfOpen: true });
    this.on('error', () => {}); // 'close' follows
  }

  /** As a reset does: the far end breaks off, and what it has not read is lost. */
  resetAndDestroy(): void {
    this.destroy();
    this.#far.destroy();
  }

  override _read(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: Done): void {
    const far = this.#far;
    if (far.destroyed) done(new Error('the far end is closed'));
    else if (far.push(chunk)) done();
    else far.#taken = done;
  }

  override _final(done: Done): void {
    if (!this.#far.destroyed) this.#far.push(null);
    done();
  }

  /** As a socket that is closed does: the far end reads what is left, and then the end. */
  override _destroy(error: Error | null, done: Done): void {
    const far = this.#far;
    if (!far.destroyed && !this.writableFinished) far.push(null);
    this.#taken?.(new Error('the far end is closed'));
    this.#taken = undefined;
    done(error);
  }
}
