import { hash } from 'node:crypto';

/** Longest digest of those we make. */
export const LONGEST_DIGEST = 32;

/**
 * Writes the digest of `bytes` (text as UTF-8) at `at` and returns where it ends. Node takes it out of OpenSSL as a string of bytes,
 * since making a Buffer of it takes longer than the hashing.
 */
export function digestInto(
  algorithm: 'md5' | 'sha1' | 'sha256',
  bytes: Uint8Array | string,
  into: Uint8Array,
  at: number,
): number {
  const digest = hash(algorithm, bytes, 'binary');
  for (let i = 0; i < digest.length; i++) into[at + i] = digest.charCodeAt(i);
  return at + digest.length;
}
