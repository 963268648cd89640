import { hash, timingSafeEqual } from 'node:crypto';
import { type HmacHash, messageHmac } from '../stun/hmac.ts';
import { readUint16At } from '../words.ts';
import type { MsMessageView } from './ms-message-view.ts';
import { MS_ATTRIBUTES } from './registry.ts';

/** The text is filled up with zeros to a multiple of this; they are never sent. */
const BLOCK = 64;
const LENGTHS: Readonly<Record<HmacHash, number>> = { sha1: 20, sha256: 32 };
const COLON = Uint8Array.of(0x3a);

/** The HMAC over bytes[start, end), with the length field as it stands: it already counts the integrity attribute. */
export function msHmac(kind: HmacHash, key: Uint8Array, bytes: Uint8Array, start: number, end: number): Uint8Array {
  return messageHmac(kind, key, bytes, start, end, readUint16At(bytes, start + 2), BLOCK);
}

/** Whether the message carries an integrity of this kind that is right. Compared in constant time. */
export function verifyMsIntegrity(view: MsMessageView, kind: HmacHash, key: Uint8Array): boolean {
  const index = view.find(MS_ATTRIBUTES.MessageIntegrity);
  if (index < 0 || view.lengthAt(index) !== LENGTHS[kind]) return false;
  const at = view.offsetAt(index);
  const right = msHmac(kind, key, view.bytes, view.start, at - 4);
  return timingSafeEqual(right, view.bytes.subarray(at, at + LENGTHS[kind]));
}

/** The long-term key over raw bytes: neither username nor password need be text. */
export function msLongTermKey(
  algorithm: 'md5' | 'sha-256',
  username: Uint8Array,
  realm: string,
  password: Uint8Array,
): Uint8Array {
  const text = Buffer.concat([username, COLON, Buffer.from(realm, 'utf8'), COLON, password]);
  return hash(algorithm === 'md5' ? 'md5' : 'sha256', text, 'buffer');
}
