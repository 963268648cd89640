import { createHmac, hash } from 'node:crypto';
import { digestInto, LONGEST_DIGEST } from '../digest.ts';
import { writeUint16At } from '../words.ts';

export type HmacHash = 'sha1' | 'sha256';

/** Block length of both hashes. */
const BLOCK = 64;
/** Longer messages than control traffic has are hashed piece by piece instead of being copied. */
const LONGEST_COPIED = 2048;

const inner = new Uint8Array(BLOCK + LONGEST_COPIED);
const outer = new Uint8Array(BLOCK + LONGEST_DIGEST);
/** The key that both begin with: an answer is sealed with what its request was. */
let prepared = new Uint8Array(0);

/**
 * Writes at `at` the HMAC (RFC 2104 §2) over the STUN message in bytes[start, end) as if its length field said `length`; the bytes are not
 * changed. The message is hashed as if zeros filled it up to a multiple of `filledTo`, a power of two of at most 64.
 *
 * Two one-shot hashes over a copy: many times faster than an `Hmac` object, whose making and collecting cost more than the hashing.
 * A SHA-1 of our own takes 126 ns for each block where a hash of OpenSSL's takes 245 ns to begin and 25 ns for each block: with the key's
 * state kept it would save a quarter microsecond of 0.8 where messages are shortest, and nothing from 300 bytes on.
 */
export function messageHmacInto(
  algorithm: HmacHash,
  key: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  into: Uint8Array,
  at: number,
  filledTo = 1,
): void {
  const filled = (end - start + filledTo - 1) & -filledTo;
  if (filled > LONGEST_COPIED) {
    into.set(longMessageHmac(algorithm, key, bytes, start, end, length, filled), at);
    return;
  }
  if (!isPrepared(key)) prepare(key.length > BLOCK ? hash(algorithm, key, 'buffer') : key);
  inner.set(bytes.subarray(start, end), BLOCK);
  if (filled > end - start) inner.fill(0, BLOCK + end - start, BLOCK + filled);
  writeUint16At(inner, BLOCK + 2, length);
  const outerEnd = digestInto(algorithm, inner.subarray(0, BLOCK + filled), outer, BLOCK);
  digestInto(algorithm, outer.subarray(0, outerEnd), into, at);
}

function isPrepared(key: Uint8Array): boolean {
  if (key.length !== prepared.length) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== prepared[i]) return false;
  return true;
}

function prepare(key: Uint8Array): void {
  prepared = Uint8Array.from(key);
  for (let i = 0; i < key.length; i++) {
    inner[i] = key[i]! ^ 0x36;
    outer[i] = key[i]! ^ 0x5c;
  }
  inner.fill(0x36, key.length, BLOCK);
  outer.fill(0x5c, key.length, BLOCK);
}

function longMessageHmac(
  algorithm: HmacHash,
  key: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  filled: number,
): Uint8Array {
  const head = Uint8Array.from(bytes.subarray(start, start + 4));
  writeUint16At(head, 2, length);
  return createHmac(algorithm, key)
    .update(head)
    .update(bytes.subarray(start + 4, end))
    .update(new Uint8Array(filled - (end - start)))
    .digest();
}
