import { hash } from 'node:crypto';
import { LONGEST_DIGEST } from '../digest.ts';
import type { HmacHash } from '../keyed-hmac.ts';
import { sameBytes } from '../same-bytes.ts';
import { readUint16At } from '../words.ts';
import { messageHmacInto } from './hmac.ts';
import type { MessageView } from './message-view.ts';
import { ATTRIBUTES, HEADER_LENGTH } from './registry.ts';

/** Writes at `at` the HMAC over the message in bytes[start, end), whose length field already counts the integrity attribute. */
export function hmacInto(
  algorithm: HmacHash,
  key: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): void {
  messageHmacInto(algorithm, key, bytes, start, end, readUint16At(bytes, start + 2), into, at);
}

/** Length of a whole MESSAGE-INTEGRITY-SHA256. TURN does not allow it to be truncated (RFC 8489 §14.6). */
const WHOLE_SHA256 = 32;

/** What an integrity attribute is compared with. */
const right = new Uint8Array(LONGEST_DIGEST);

/**
 * Whether MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256, computed over the received bytes, is right (RFC 8489 §14.5, §14.6).
 * A usage that allows SHA-256 to be truncated names the `shortest` it takes: 16 bytes at least, in steps of four. Compared in constant time.
 */
export function verifyIntegrity(view: MessageView, kind: HmacHash, key: Uint8Array, shortest = WHOLE_SHA256): boolean {
  const index = view.find(kind === 'sha1' ? ATTRIBUTES.MessageIntegrity : ATTRIBUTES.MessageIntegritySha256);
  if (index < 0) return false;
  const length = view.lengthAt(index);
  if (kind === 'sha1' ? length !== 20 : !isSha256Length(length, shortest)) return false;
  const at = view.offsetAt(index);
  // The length field is taken to end with this attribute, whatever follows it.
  const counted = at + length - view.start - HEADER_LENGTH;
  messageHmacInto(kind, key, view.bytes, view.start, at - 4, counted, right, 0);
  return sameBytes(right, 0, view.bytes, at, length);
}

function isSha256Length(length: number, shortest: number): boolean {
  return length >= Math.max(16, shortest) && length <= WHOLE_SHA256 && (length & 3) === 0;
}

/** The long-term key (RFC 8489 §9.2.2): MD5 or SHA-256 over username ":" realm ":" password. Strings are taken as they are (OpaqueString is the client's). */
export function longTermKey(
  algorithm: 'md5' | 'sha-256',
  username: string,
  realm: string,
  password: string,
): Uint8Array {
  return hash(algorithm === 'md5' ? 'md5' : 'sha256', `${username}:${realm}:${password}`, 'buffer');
}

/** USERHASH (RFC 8489 §14.4): SHA-256(username ":" realm). */
export function userhash(username: string, realm: string): Uint8Array {
  return hash('sha256', `${username}:${realm}`, 'buffer');
}
