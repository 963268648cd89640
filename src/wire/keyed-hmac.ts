import { hash } from 'node:crypto';
import { digestInto, LONGEST_DIGEST } from './digest.ts';

/** Block length of both hashes. */
const BLOCK = 64;

/**
 * HMAC (RFC 2104 §2) with a key that stays: two one-shot hashes over blocks that are kept cost a tenth of an `Hmac` object, which has to be
 * made and collected.
 */
export class KeyedHmac {
  /** What is signed is put here. */
  readonly message: Uint8Array;
  readonly #algorithm: 'sha1' | 'sha256';
  readonly #inner: Uint8Array;
  readonly #outer = new Uint8Array(BLOCK + LONGEST_DIGEST).fill(0x5c, 0, BLOCK);

  /** `longest`: bytes of room in `message`. */
  constructor(algorithm: 'sha1' | 'sha256', key: Uint8Array, longest: number) {
    this.#algorithm = algorithm;
    this.#inner = new Uint8Array(BLOCK + longest).fill(0x36, 0, BLOCK);
    this.message = this.#inner.subarray(BLOCK);
    const block = key.length > BLOCK ? hash(algorithm, key, 'buffer') : key;
    for (const [i, byte] of block.entries()) {
      this.#inner[i]! ^= byte;
      this.#outer[i]! ^= byte;
    }
  }

  /** Writes the HMAC over the first `length` bytes of `message` to the start of `into`, and returns how long it is. */
  into(into: Uint8Array, length: number): number {
    const end = digestInto(this.#algorithm, this.#inner.subarray(0, BLOCK + length), this.#outer, BLOCK);
    return digestInto(this.#algorithm, this.#outer.subarray(0, end), into, 0);
  }
}
