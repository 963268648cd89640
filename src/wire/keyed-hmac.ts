import { hash } from 'node:crypto';
import { digestInto, LONGEST_DIGEST } from './digest.ts';

export type HmacHash = 'sha1' | 'sha256';

/** Block length of both hashes. */
const HMAC_BLOCK = 64;

/** HMAC (RFC 2104 §2) with a key that stays until there is another one. */
export interface KeyedHmac {
  /** What is signed is put here. */
  readonly message: Uint8Array;
  /** At first the key is empty. */
  rekey(key: Uint8Array): void;
  /** Writes the HMAC over the first `length` bytes of `message` at `at`, and returns where it ends. */
  into(into: Uint8Array, at: number, length: number): number;
}

/** `longest`: bytes of room in `message`. */
export type HmacMaker = (algorithm: HmacHash, longest: number) => KeyedHmac;

let make: HmacMaker = (algorithm, longest) => new NodeHmac(algorithm, longest);

export function keyedHmac(algorithm: HmacHash, key: Uint8Array, longest: number): KeyedHmac {
  const hmac = make(algorithm, longest);
  hmac.rekey(key);
  return hmac;
}

/** Those that are made from now on are made like this: the same results, sooner. */
export function makeHmacsBy(maker: HmacMaker): void {
  make = maker;
}

/** Two one-shot hashes over blocks that are kept cost a tenth of an `Hmac` object of node's, which has to be made and collected. */
export class NodeHmac implements KeyedHmac {
  readonly message: Uint8Array;
  readonly #algorithm: HmacHash;
  readonly #inner: Uint8Array;
  readonly #outer = new Uint8Array(HMAC_BLOCK + LONGEST_DIGEST);

  constructor(algorithm: HmacHash, longest: number) {
    this.#algorithm = algorithm;
    this.#inner = new Uint8Array(HMAC_BLOCK + longest);
    this.message = this.#inner.subarray(HMAC_BLOCK);
    this.rekey(new Uint8Array(0));
  }

  rekey(key: Uint8Array): void {
    const block = key.length > HMAC_BLOCK ? hash(this.#algorithm, key, 'buffer') : key;
    for (let i = 0; i < HMAC_BLOCK; i++) {
      const byte = i < block.length ? block[i]! : 0;
      this.#inner[i] = byte ^ 0x36;
      this.#outer[i] = byte ^ 0x5c;
    }
  }

  into(into: Uint8Array, at: number, length: number): number {
    const end = digestInto(this.#algorithm, this.#inner.subarray(0, HMAC_BLOCK + length), this.#outer, HMAC_BLOCK);
    return digestInto(this.#algorithm, this.#outer.subarray(0, end), into, at);
  }
}
