import { type ClientId, MsMessageWriter } from '../../wire/index.ts';
import { passingCopy } from '../answer-memory.ts';
import type { Effect } from '../effects.ts';
import type { MsRequest } from './request.ts';

/** More than the longest answer: a realm of 763 bytes, a nonce, 48 unknown attributes and integrity. */
const ROOM = 1280;
/** Answers are written here, one at a time, and copied out at their true length. */
const scratch = new Uint8Array(ROOM);
const SUCCESS = 0x0100;
const ERROR = 0x0110;

/** The envelope of a response to one request of the Microsoft dialect; it may be kept until the response can be written. */
export class MsAnswer {
  readonly client: ClientId;
  readonly transactionId: Uint8Array;
  readonly #type: number;
  readonly #key: Uint8Array | undefined;

  /** Without a key the answer is unprotected: for challenges, which must be (MS-TURN §3.3.5.1). */
  constructor(request: MsRequest, key: Uint8Array | undefined) {
    this.client = request.client.id;
    this.transactionId = Uint8Array.from(request.view.transactionId);
    this.#type = request.view.type;
    this.#key = key;
  }

  succeed(write: (w: MsMessageWriter) => void): Uint8Array {
    return this.#compose(SUCCESS, write);
  }

  error(code: number, reason: string, write: (w: MsMessageWriter) => void = () => {}): Uint8Array {
    return this.#compose(ERROR, w => write(w.errorCode(code, reason)));
  }

  reply(bytes: Uint8Array): Effect {
    return { do: 'reply', client: this.client, bytes };
  }

  #compose(kind: number, write: (w: MsMessageWriter) => void): Uint8Array {
    const w = new MsMessageWriter(scratch, 0, this.#type | kind, this.transactionId);
    write(w);
    if (this.#key !== undefined) w.integrity(this.#key);
    return passingCopy(w.message);
  }
}
