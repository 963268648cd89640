import { hash } from 'node:crypto';
import { LONGEST_DIGEST } from '../digest.ts';
import type { HmacHash } from '../keyed-hmac.ts';
import { sameBytes } from '../same-bytes.ts';
import { messageHmacInto } from '../stun/hmac.ts';
import { readUint16At } from '../words.ts';
import type { MsMessageView } from './ms-message-view.ts';
import { MS_ATTRIBUTES } from './registry.ts';

/** The text is filled up with zeros to a multiple of this; they are never sent. */
const BLOCK = 64;
const LENGTHS: Readonly<Record<HmacHash, number>> = { sha1: 20, sha256: 32 };
const COLON = Uint8Array.of(0x3a);

/** What an integrity attribute is compared with. */
const right = new Uint8Array(LONGEST_DIGEST);

/** Writes at `at` the HMAC over bytes[start, end), with the length field as it stands: it already counts the integrity attribute. */
export function msHmacInto(
  kind: HmacHash,
  key: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): void {
  messageHmacInto(kind, key, bytes, start, end, readUint16At(bytes, start + 2), into, at, BLOCK);
}

/** Whether the message carries an integrity of this kind that is right. Compared in constant time. */
export function verifyMsIntegrity(view: MsMessageView, kind: HmacHash, key: Uint8Array): boolean {
  const index = view.find(MS_ATTRIBUTES.MessageIntegrity);
  const length = LENGTHS[kind];
  if (index < 0 || view.lengthAt(index) !== length) return false;
  const at = view.offsetAt(index);
  msHmacInto(kind, key, view.bytes, view.start, at - 4, right, 0);
  return sameBytes(right, 0, view.bytes, at, length);
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
