import { type KeyedHmac, keyedHmac, LONGEST_DIGEST, type Millis } from '../wire/index.ts';
import type { Client } from './questions.ts';

/** The security features of a nonce cookie (RFC 8489 §18.1): 24 bits, bit 0 leftmost. */
export const FEATURES = { none: 0, passwordAlgorithms: 0x800000, anonymity: 0x400000 } as const;

/** RFC 8489 §9.2 */
const COOKIE = 'obMatJos2';
const COOKIE_LENGTH = COOKIE.length + 4;
/** The signed part, in characters of six bits: 8 bits of time and 40 bits of HMAC. */
export const COMPACT_LENGTH = 8;
export const FULL_LENGTH = COOKIE_LENGTH + COMPACT_LENGTH;

/** What an age in minutes modulo 256 can tell. */
export const MOST_LIFETIME_SECONDS = 4 * 3600;

const NO_SIX = 0xff;
const SIXES = sixesOf('+/');
const URL_SIXES = sixesOf('-_');

const SIGNED = 32;
const MINUTE = 60_000;
const TRANSPORTS = { udp: 1, tcp: 2, tls: 3 } as const;

/**
 * Nonces that nobody stores: the time and an HMAC over it, the client's address and the features offered with it (ADR 0004).
 *
 * ```
 * compact:                            | minute 8 bits | HMAC 40 bits |   as 8 base64url characters
 * full:    | obMatJos2 | features 24  | minute 8 bits | HMAC 40 bits |   21 characters
 * ```
 *
 * The cookie is signed as well, so that features can be neither stripped nor forged (RFC 8489 §9.2.1).
 */
export class Nonces {
  readonly #lifetimeMinutes: number;
  readonly #hmac: KeyedHmac;
  readonly #fields: DataView;
  readonly #digest = Buffer.alloc(LONGEST_DIGEST);

  constructor(key: Uint8Array, lifetimeSeconds: number) {
    if (lifetimeSeconds > MOST_LIFETIME_SECONDS) throw new RangeError('nonces cannot live longer than 4 hours');
    this.#hmac = keyedHmac('sha256', key, SIGNED);
    this.#fields = new DataView(this.#hmac.message.buffer, this.#hmac.message.byteOffset, SIGNED);
    this.#lifetimeMinutes = Math.ceil(lifetimeSeconds / 60);
  }

  /** Without a cookie: for answers that must be short. */
  compact(client: Client, now: Millis): string {
    return this.#tail(client, Math.floor(now / MINUTE), undefined);
  }

  full(client: Client, features: number, now: Millis): string {
    const tail = this.#tail(client, Math.floor(now / MINUTE), features);
    return COOKIE + Buffer.from([features >>> 16, features >>> 8, features]).toString('base64') + tail;
  }

  /** Whether this is a nonce of ours for this client that has not grown too old. Compared in constant time. */
  isGood(nonce: Uint8Array, client: Client, now: Millis): boolean {
    if (nonce.length !== COMPACT_LENGTH && nonce.length !== FULL_LENGTH) return false;
    const cookie = nonce.length === FULL_LENGTH ? featuresOf(nonce) : undefined;
    if (nonce.length === FULL_LENGTH && cookie === undefined) return false;
    const tail = nonce.length - COMPACT_LENGTH;
    const minute = Math.floor(now / MINUTE);
    const age = (minute - ((URL_SIXES[nonce[tail]!]! << 2) | (URL_SIXES[nonce[tail + 1]!]! >> 4))) & 0xff;
    this.#sign(client, minute - age, cookie);
    return this.#isDigest(nonce, tail) && age <= this.#lifetimeMinutes;
  }

  /** Whether the characters at `at` are those of what was signed last. */
  #isDigest(nonce: Uint8Array, at: number): boolean {
    let difference = 0;
    for (let i = 0; i < COMPACT_LENGTH; i++) {
      const bit = i * 6;
      const two = (this.#digest[bit >> 3]! << 8) | this.#digest[(bit >> 3) + 1]!;
      difference |= URL_SIXES[nonce[at + i]!]! ^ ((two >> (10 - (bit & 7))) & 0x3f);
    }
    return difference === 0;
  }

  #tail(client: Client, minute: number, features: number | undefined): string {
    this.#sign(client, minute, features);
    return this.#digest.toString('base64url', 0, 6);
  }

  #sign(client: Client, minute: number, features: number | undefined): void {
    const { address, transport } = client;
    const v = this.#fields;
    v.setFloat64(0, minute);
    v.setInt32(8, address.w0);
    v.setInt32(12, address.w1);
    v.setInt32(16, address.w2);
    v.setInt32(20, address.w3);
    v.setUint16(24, address.port);
    v.setUint8(26, TRANSPORTS[transport]);
    v.setUint8(27, features === undefined ? 0 : 1);
    v.setUint32(28, features ?? 0);
    this.#hmac.into(this.#digest, 0, SIGNED);
    this.#digest[0] = minute & 0xff;
  }
}

/** The security features a nonce names, or undefined when it has no cookie. Nothing vouches for them until the nonce is found good. */
export function featuresOf(nonce: Uint8Array): number | undefined {
  if (nonce.length < COOKIE_LENGTH) return undefined;
  for (let i = 0; i < COOKIE.length; i++) if (nonce[i] !== COOKIE.charCodeAt(i)) return undefined;
  let bits = 0;
  for (let i = COOKIE.length; i < COOKIE_LENGTH; i++) {
    const six = SIXES[nonce[i]!]!;
    if (six === NO_SIX) return undefined;
    bits = (bits << 6) | six;
  }
  return bits;
}

/** The six bits that each character of a base64 alphabet stands for. */
function sixesOf(lastTwo: string): Uint8Array {
  const alphabet = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${lastTwo}`;
  const sixes = new Uint8Array(256).fill(NO_SIX);
  for (let i = 0; i < alphabet.length; i++) sixes[alphabet.charCodeAt(i)] = i;
  return sixes;
}
