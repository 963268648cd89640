import { createHmac, hash } from 'node:crypto';
import { writeUint16At } from '../words.ts';

export type HmacHash = 'sha1' | 'sha256';

/** Block length of both hashes. */
const BLOCK = 64;
/** Longer messages than control traffic has are hashed piece by piece instead of being copied. */
const LONGEST_COPIED = 2048;

const inner = new Uint8Array(BLOCK + LONGEST_COPIED);
const outer = new Uint8Array(BLOCK + 32);

/**
 * HMAC (RFC 2104 §2) over the STUN message in bytes[start, end) as if its length field said `length`; the bytes are not changed.
 * The message is hashed as if zeros filled it up to a multiple of `filledTo`, a power of two of at most 64.
 * Two one-shot hashes over a copy: several times faster than an `Hmac` object, whose making and collecting cost more than the hashing.
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
  const block = key.length > BLOCK ? hash(algorithm, key, 'buffer') : key;
  for (let i = 0; i < BLOCK; i++) {
    const k = i < block.length ? block[i]! : 0;
    inner[i] = k ^ 0x36;
    outer[i] = k ^ 0x5c;
  }
  for (let from = start, to = BLOCK; from < end; ) inner[to++] = bytes[from++]!;
  inner.fill(0, BLOCK + end - start, BLOCK + filled);
  writeUint16At(inner, BLOCK + 2, length);
  const digest = hash(algorithm, inner.subarray(0, BLOCK + filled), 'buffer');
  outer.set(digest, BLOCK);
  return hash(algorithm, outer.subarray(0, BLOCK + digest.length), 'buffer');
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
