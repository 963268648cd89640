import { crc32 as zlibCrc32 } from 'node:zlib';
import { readWord } from '../words.ts';
import type { MessageView } from './message-view.ts';
import { ATTRIBUTES } from './registry.ts';

/** CRC-32 (ITU V.42) over bytes[start, end). */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  return zlibCrc32(bytes.subarray(start, end));
}

/** What FINGERPRINT says of bytes[start, end), whose length field already counts it (RFC 8489 §14.7). A signed word. */
export function fingerprintValue(bytes: Uint8Array, start: number, end: number): number {
  return crc32(bytes, start, end) ^ 0x5354554e;
}

/** Whether the FINGERPRINT, if there is one, is right and last (RFC 8489 §14.7). */
export function fingerprintOf(view: MessageView): 'absent' | 'right' | 'wrong' {
  const index = view.find(ATTRIBUTES.Fingerprint);
  if (index < 0) return 'absent';
  const at = view.offsetAt(index);
  if (view.lengthAt(index) !== 4 || at + 4 !== view.end) return 'wrong';
  return readWord(view.bytes, at) === fingerprintValue(view.bytes, view.start, at - 4) ? 'right' : 'wrong';
}
