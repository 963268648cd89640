import { createHmac } from 'node:crypto';
import { digestInto, LONGEST_DIGEST } from '../digest.ts';
import { writeUint16At } from '../words.ts';

export type HmacHash = 'sha1' | 'sha256';

/** Block length of both hashes. */
const BLOCK = 64;
/** Longer messages than control traffic has are hashed piece by piece instead of being copied. */
const LONGEST_COPIED = 2048;

const inner = new Uint8Array(BLOCK + LONGEST_COPIED);
const outer = new Uint8Array(BLOCK + LONGEST_DIGEST);
const LENGTHS: Readonly<Record<HmacHash, number>> = { sha1: 20, sha256: 32 };

/**
 * HMAC (RFC 2104 §2) over the STUN message in bytes[start, end) as if its length field said `length`; the bytes are not changed.
 * The message is hashed as if zeros filled it up to a multiple of `filledTo`, a power of two of at most 64.
 * Two one-shot hashes over a copy: many times faster than an `Hmac` object, whose making and collecting cost more than the hashing.
 * A SHA-1 of our own that kept the key's state would save little for short messages and lose more for long ones.
 */
export function messageHmac(
  algorithm: HmacHash,
  key: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  filledTo = 1,
): Uint8Array {
  const filled = (end - start + filledTo - 1) & -filledTo;
  if (filled > LONGEST_COPIED) return longMessageHmac(algorithm, key, bytes, start, end, length, filled);
  const block = key.length > BLOCK ? digestOf(algorithm, key) : key;
  for (let i = 0; i < block.length; i++) {
    inner[i] = block[i]! ^ 0x36;
    outer[i] = block[i]! ^ 0x5c;
  }
  inner.fill(0x36, block.length, BLOCK);
  outer.fill(0x5c, block.length, BLOCK);
  inner.set(bytes.subarray(start, end), BLOCK);
  inner.fill(0, BLOCK + end - start, BLOCK + filled);
  writeUint16At(inner, BLOCK + 2, length);
  const outerEnd = digestInto(algorithm, inner.subarray(0, BLOCK + filled), outer, BLOCK);
  return digestOf(algorithm, outer.subarray(0, outerEnd));
}

function digestOf(algorithm: HmacHash, bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(LENGTHS[algorithm]);
  digestInto(algorithm, bytes, digest, 0);
  return digest;
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
