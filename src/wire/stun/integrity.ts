import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { MessageView } from './message-view.ts';
import { ATTRIBUTES, HEADER_LENGTH } from './registry.ts';

/** HMAC over the message in bytes[start, end), whose length field already counts the integrity attribute; the result goes to `into` at `at`. */
export function hmacInto(
  hash: 'sha1' | 'sha256',
  key: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): void {
  into.set(createHmac(hash, key).update(bytes.subarray(start, end)).digest(), at);
}

/**
 * Whether MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256, computed over the received bytes, is right (RFC 8489 §14.5, §14.6).
 * SHA-256 may be truncated to no fewer than 16 bytes, in steps of four. Compared in constant time.
 */
export function verifyIntegrity(view: MessageView, kind: 'sha1' | 'sha256', key: Uint8Array): boolean {
  const index = view.find(kind === 'sha1' ? ATTRIBUTES.MessageIntegrity : ATTRIBUTES.MessageIntegritySha256);
  if (index < 0) return false;
  const length = view.lengthAt(index);
  if (kind === 'sha1' ? length !== 20 : length < 16 || length > 32 || (length & 3) !== 0) return false;
  const at = view.offsetAt(index);
  // The length field is taken to end with this attribute, whatever follows it.
  const header = Uint8Array.prototype.slice.call(view.bytes, view.start, view.start + HEADER_LENGTH);
  const counted = at + length - view.start - HEADER_LENGTH;
  header[2] = counted >>> 8;
  header[3] = counted;
  const mac = createHmac(kind, key)
    .update(header)
    .update(view.bytes.subarray(view.start + HEADER_LENGTH, at - 4))
    .digest();
  return timingSafeEqual(mac.subarray(0, length), view.bytes.subarray(at, at + length));
}

/** The long-term key (RFC 8489 §9.2.2): MD5 or SHA-256 over username ":" realm ":" password. Strings are taken as they are (OpaqueString is the client's). */
export function longTermKey(
  algorithm: 'md5' | 'sha-256',
  username: string,
  realm: string,
  password: string,
): Uint8Array {
  const hash = createHash(algorithm === 'md5' ? 'md5' : 'sha256');
  return hash.update(`${username}:${realm}:${password}`, 'utf8').digest();
}

/** USERHASH (RFC 8489 §14.4): SHA-256(username ":" realm). */
export function userhash(username: string, realm: string): Uint8Array {
  return createHash('sha256').update(`${username}:${realm}`, 'utf8').digest();
}
