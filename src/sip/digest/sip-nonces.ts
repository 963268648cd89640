import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Millis } from '../../wire/index.ts';
import type { FlowId } from '../flows.ts';

/*
 * Nonces that nobody stores, in base64url:
 *
 *   | milliseconds 6 | number 4 | HMAC-SHA256 over both and the flow, 12 of 32 |
 *
 * The number makes each of them different, and tells which of two is the later.
 */

const SIGNED = 10;
const SEAL = 12;

export interface SipNonce {
  readonly madeAt: Millis;
  readonly number: number;
}

/** Signed for one flow: what is recorded on one connection is worth nothing on another. */
export class SipNonces {
  readonly #key: Uint8Array;
  readonly #lifetime: Millis;
  #made = 0;

  constructor(key: Uint8Array, lifetimeSeconds: number) {
    this.#key = key;
    this.#lifetime = lifetimeSeconds * 1000;
  }

  make(flow: FlowId, now: Millis): string {
    const signed = Buffer.alloc(SIGNED);
    signed.writeUIntBE(Math.floor(now), 0, 6);
    signed.writeUInt32BE(++this.#made % 2 ** 32, 6);
    return Buffer.concat([signed, this.#seal(signed, flow)]).toString('base64url');
  }

  /** What a nonce of ours for this flow says, as long as it is good. */
  read(nonce: string, flow: FlowId, now: Millis): SipNonce | undefined {
    const bytes = Buffer.from(nonce, 'base64url');
    if (bytes.length !== SIGNED + SEAL || bytes.toString('base64url') !== nonce) return undefined;
    const signed = bytes.subarray(0, SIGNED);
    if (!timingSafeEqual(this.#seal(signed, flow), bytes.subarray(SIGNED))) return undefined;
    const madeAt = signed.readUIntBE(0, 6);
    const isGood = madeAt <= now && now - madeAt <= this.#lifetime;
    return isGood ? { madeAt, number: signed.readUInt32BE(6) } : undefined;
  }

  #seal(signed: Uint8Array, flow: FlowId): Buffer {
    return createHmac('sha256', this.#key).update(signed).update(`nonce ${flow}`).digest().subarray(0, SEAL);
  }
}
