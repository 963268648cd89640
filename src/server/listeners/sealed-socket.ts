import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { MOST_SEALED, MOST_TAKEN, type TlsContext, TlsSession } from '../../native/index.ts';
import { borrowChunk, giveBackChunk } from './borrowed-chunks.ts';
import type { Carrier } from './carrier.ts';

/**
 * The server's side of TLS over a TCP socket, by the OpenSSL of this process without node's TLSSocket in between, which makes one call and
 * one system call for each record. Here the records of a turn of the event loop leave in one write, and those of one read come as one.
 *
 * Emits `secure` once, when the handshake is done. A connection that fails before or after is destroyed with an error.
 */
export class SealedSocket extends Duplex implements Carrier {
  readonly #raw: Socket;
  readonly #session: TlsSession;
  /** Where the records of the chunk end that is written next; undefined for one record. */
  #ends: readonly number[] | undefined;
  /** Who has what comes without a copy of it. */
  #taker: ((bytes: Uint8Array) => void) | undefined;
  /** What is to be called when the kernel has taken everything. */
  #onSent: (() => void) | undefined;

  /** `raw` has not been read beyond what was put back: its first bytes are a ClientHello's. */
  constructor(raw: Socket, context: TlsContext) {
    super({ allowHalfOpen: false });
    this.#raw = raw;
    this.#session = new TlsSession(context);
    raw.allowHalfOpen = true; // whether an end of one side is that of both is decided up here
    raw.on('data', this.#onCiphertext);
    raw.once('end', () => this.push(null));
    raw.on('error', error => this.destroy(error));
    raw.once('close', () => this.destroy());
    raw.resume();
  }

  get remoteAddress(): string | undefined {
    return this.#raw.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#raw.remotePort;
  }

  get localAddress(): string | undefined {
    return this.#raw.localAddress;
  }

  get localPort(): number | undefined {
    return this.#raw.localPort;
  }

  setNoDelay(noDelay: boolean): void {
    this.#raw.setNoDelay(noDelay);
  }

  lendTo(taker: ((bytes: Uint8Array) => void) | undefined): void {
    this.#taker = taker;
  }

  /** What is lent can't wait here: the other side does. */
  override pause(): this {
    this.#raw.pause();
    return super.pause();
  }

  override resume(): this {
    this.#raw.resume();
    return super.resume();
  }

  writeRecords(bytes: Buffer, ends: readonly number[], onWritten: () => void): void {
    this.#ends = ends;
    this.write(bytes, onWritten);
    this.#ends = undefined;
  }

  /** Where what comes is lent, only `pause` and `resume` have a say. */
  override _read(): void {
    if (this.#taker === undefined) this.#raw.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    if (!this.#session.canSeal) {
      done(new Error('TLS is not open'));
      return;
    }
    if (this.#ends !== undefined && chunk.length <= MOST_SEALED) this.#seal(chunk, 0, this.#ends);
    else {
      for (let at = 0; at < chunk.length; at += MOST_SEALED) {
        this.#seal(chunk, at, [Math.min(at + MOST_SEALED, chunk.length)]);
      }
    }
    if (!this.#session.canSeal) done(new Error('TLS failed'));
    else if (this.#raw.writableLength === 0) done();
    else this.#onSent = done;
  }

  override _final(done: () => void): void {
    this.#session.sealEnd();
    this.#send();
    this.#raw.end(done); // when all has left
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (error === null && !this.#raw.destroyed) {
      this.#session.sealEnd();
      this.#send();
    }
    this.#session.free();
    this.#raw.destroy();
    done(error);
  }

  #seal(chunk: Buffer, start: number, ends: readonly number[]): void {
    this.#session.seal(chunk, start, ends);
    this.#send();
  }

  readonly #onCiphertext = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length && !this.destroyed; at += MOST_TAKEN) {
      this.#take(bytes.length > MOST_TAKEN ? bytes.subarray(at, at + MOST_TAKEN) : bytes);
    }
  };

  #take(bytes: Buffer): void {
    const session = this.#session;
    const wasOpen = session.state === 'open';
    const clear = session.take(bytes);
    this.#send(); // before anybody else is called: what is to be sent lies where everybody's does
    const { state } = session;
    if (!wasOpen && state === 'open') this.emit('secure');
    if (clear.length > 0 && !this.destroyed) this.#pass(clear);
    if (state === 'closed' && wasOpen) this.push(null);
    else if (state !== 'open' && state !== 'handshaking') this.destroy(new Error('TLS failed'));
  }

  #pass(clear: Uint8Array): void {
    if (this.#taker !== undefined) this.#taker(clear);
    else if (!this.push(Buffer.from(clear))) this.#raw.pause();
  }

  #send(): void {
    while (this.#session.pending > 0) {
      const chunk = borrowChunk();
      const length = this.#session.fetch(chunk);
      this.#raw.write(chunk.subarray(0, length), this.#onRawWritten);
      if (this.#raw.writableLength === 0) giveBackChunk(chunk); // otherwise the socket holds on to it
    }
  }

  readonly #onRawWritten = (): void => {
    if (this.#raw.writableLength > 0) return;
    const done = this.#onSent;
    this.#onSent = undefined;
    done?.();
  };
}
