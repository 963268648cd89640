import { createHmac } from 'node:crypto';
import { BRANCH_COOKIE, type SipRequest } from '../../wire/index.ts';

/** In characters of base64url. */
const LOOP_LENGTH = 16;

/** Branches of our Vias: something random, and behind a dot a hash of all that decides the way of the request (RFC 5393 §4.2). */
export class Branches {
  readonly #key: Uint8Array;
  readonly #randomBytes: (length: number) => Uint8Array;

  constructor(key: Uint8Array, randomBytes: (length: number) => Uint8Array) {
    this.#key = key;
    this.#randomBytes = randomBytes;
  }

  make(request: SipRequest): string {
    const unique = Buffer.from(this.#randomBytes(12)).toString('base64url');
    return `${BRANCH_COOKIE}${unique}.${this.#loopHash(request)}`;
  }

  /** Whether the request has been here and would be sent the same way again. Elsewhere it may go: that is a spiral. */
  isLoop(request: SipRequest): boolean {
    const hash = this.#loopHash(request);
    return request.vias.some(({ params }) => params.get('branch')?.endsWith(`.${hash}`));
  }

  #loopHash({ uriText, from, to, callId, cseq, headers }: SipRequest): string {
    const fields = [
      uriText,
      from.params.get('tag'),
      to.params.get('tag'),
      callId,
      cseq.number,
      ...headers.all('route'),
    ];
    const hmac = createHmac('sha256', this.#key).update(`loop ${JSON.stringify(fields)}`);
    return hmac.digest('base64url').slice(0, LOOP_LENGTH);
  }
}
