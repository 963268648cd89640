import { CLASSES, type ClientId, MessageWriter } from '../wire/index.ts';
import { passingCopy } from './answer-memory.ts';
import type { Effect } from './effects.ts';
import type { Request, Seal } from './request.ts';

/** More than the longest answer: a realm of 763 bytes, a nonce, the algorithms, 48 unknown attributes and integrity. */
const ROOM = 1280;
/** Answers are written here, one at a time, and copied out at their true length. */
const scratch = new Uint8Array(ROOM);

/** The envelope of a response to one request; it may be kept until the response can be written. */
export class Answer {
  readonly client: ClientId;
  readonly #method: number;
  readonly #transactionId: Uint8Array;
  readonly #fingerprint: boolean;
  readonly #seal: Seal | undefined;

  /** Without a seal the answer is unprotected: for requests nobody has vouched for. */
  constructor(request: Request, seal: Seal | undefined) {
    this.client = request.client.id;
    this.#method = request.view.method;
    this.#transactionId = new Uint8Array(request.view.transactionId); // a copy, of Buffers as well
    this.#fingerprint = request.fingerprint;
    this.#seal = seal;
  }

  /** Whether a request repeats the one this answers (RFC 8489 §6.3.1). */
  isFor(request: Request): boolean {
    if (request.view.method !== this.#method) return false;
    return request.view.transactionId.every((byte, i) => byte === this.#transactionId[i]);
  }

  succeed(write: (w: MessageWriter) => void = () => {}, room = ROOM): Uint8Array {
    return this.#compose(CLASSES.success, write, room);
  }

  /** An error response. Its reason phrase is for people; nobody acts on it (RFC 8489 §14.8). */
  error(code: number, reason = '', write: (w: MessageWriter) => void = () => {}): Uint8Array {
    return this.#compose(CLASSES.error, w => write(w.errorCode(code, reason)));
  }

  reply(bytes: Uint8Array): Effect {
    return { do: 'reply', client: this.client, bytes };
  }

  #compose(messageClass: number, write: (w: MessageWriter) => void, room = ROOM): Uint8Array {
    const bytes = room === ROOM ? scratch : new Uint8Array(room);
    const w = new MessageWriter(bytes, 0, this.#method, messageClass, this.#transactionId);
    write(w);
    if (this.#seal?.kind === 'sha1') w.integrity(this.#seal.key);
    if (this.#seal?.kind === 'sha256') w.integritySha256(this.#seal.key);
    if (this.#fingerprint) w.fingerprint();
    return passingCopy(w.message);
  }
}
