import { crc32 as zlibCrc32 } from 'node:zlib';
import { ATTRIBUTES } from './registry.ts';
import type { MessageView } from './message-view.ts';

/** CRC-32 (ITU V.42) over bytes[start, end). */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  return zlibCrc32(bytes.subarray(start, end));
}

/** Whether the FINGERPRINT, if there is one, is right and last (RFC 8489 §14.7). */
export function fingerprintOf(view: MessageView): 'absent' | 'right' | 'wrong' {
  const index = view.find(ATTRIBUTES.Fingerprint);
  if (index < 0) return 'absent';
  const at = view.offsetAt(index);
  if (view.lengthAt(index) !== 4 || at + 4 !== view.end) return 'wrong';
  const b = view.bytes;
  const said = ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;
  return said === (crc32(b, view.start, at - 4) ^ 0x5354554e) >>> 0 ? 'right' : 'wrong';
}
