import type { AttributeList } from '../attribute-list.ts';
import { readUint16At, readWord } from '../words.ts';

/*
 * Typed readers of attribute values. Each takes an index as `view.find` gives it: -1, or a value of the wrong shape, is undefined.
 * What they return as bytes is borrowed from the view.
 */

/** A value of exactly four bytes as an unsigned integer: LIFETIME, CONNECTION-ID, PRIORITY, ... */
export function readUint32(view: AttributeList, index: number): number | undefined {
  return hasLength(view, index, 4) ? readWord(view.bytes, view.offsetAt(index)) >>> 0 : undefined;
}

/** The first of four bytes; the other three are reserved and ignored (REQUESTED-TRANSPORT, the address families). */
export function readUint8(view: AttributeList, index: number): number | undefined {
  return hasLength(view, index, 4) ? view.bytes[view.offsetAt(index)] : undefined;
}

/** The first two of four bytes; the other two are reserved and ignored (CHANNEL-NUMBER). */
export function readUint16(view: AttributeList, index: number): number | undefined {
  return hasLength(view, index, 4) ? readUint16At(view.bytes, view.offsetAt(index)) : undefined;
}

/** An eight-byte integer (ICE-CONTROLLED, ICE-CONTROLLING). */
export function readUint64(view: AttributeList, index: number): bigint | undefined {
  if (!hasLength(view, index, 8)) return undefined;
  const at = view.offsetAt(index);
  return (BigInt(readWord(view.bytes, at) >>> 0) << 32n) | BigInt(readWord(view.bytes, at + 4) >>> 0);
}

/** A value of exactly `length` bytes, borrowed: USERHASH (32), RESERVATION-TOKEN (8). */
export function readBytes(view: AttributeList, index: number, length: number): Uint8Array | undefined {
  return hasLength(view, index, length) ? view.valueAt(index) : undefined;
}

/** The longest REALM, NONCE or SOFTWARE in bytes: 127 characters of UTF-8 (RFC 8489 §14.9, §14.10, §14.14). */
export const LONGEST_TEXT = 763;
/** The longest USERNAME in bytes: fewer than 509 (RFC 8489 §14.3). */
export const LONGEST_USERNAME = 508;

/** UTF-8 text of at most `most` bytes. Bytes that are not UTF-8 are no text: two spellings never become one name. */
export function readText(view: AttributeList, index: number, most = LONGEST_TEXT): string | undefined {
  if (index < 0 || index >= view.count || view.lengthAt(index) > most) return undefined;
  return decodeUtf8(view.valueAt(index));
}

/** The text these bytes are, or undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined;
  }
}

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Whether there is an attribute at this index whose value is `length` bytes long. */
export function hasLength(view: AttributeList, index: number, length: number): boolean {
  return index >= 0 && index < view.count && view.lengthAt(index) === length;
}
