import { type AddressBuffer, familyOf, type TransportAddress } from '../address.ts';
import type { AttributeList } from '../attribute-list.ts';
import { readUint16At, readWord, writeUint16At, writeWord } from '../words.ts';
import { FAMILY_IPV4, FAMILY_IPV6 } from './registry.ts';

const MAPPED = 0xffff;

/**
 * Reads an address that is not XORed, in canonical form: MAPPED-ADDRESS (RFC 8489 §14.1), ALTERNATE-SERVER (RFC 8489 §14.15),
 * RESPONSE-ORIGIN and OTHER-ADDRESS (RFC 5780 §7.3, §7.4). False when it is none.
 */
export function readPlainAddress(view: AttributeList, index: number, into: AddressBuffer): boolean {
  if (index < 0 || index >= view.count) return false;
  const b = view.bytes;
  const at = view.offsetAt(index);
  const length = view.lengthAt(index);
  if (length === 8 && b[at + 1] === FAMILY_IPV4) {
    into.set(0, 0, MAPPED, readWord(b, at + 4), readUint16At(b, at + 2));
    return true;
  }
  if (length !== 20 || b[at + 1] !== FAMILY_IPV6) return false;
  into.set(
    readWord(b, at + 4),
    readWord(b, at + 8),
    readWord(b, at + 12),
    readWord(b, at + 16),
    readUint16At(b, at + 2),
  );
  return true;
}

/** Writes the value of such an attribute; its length is that of the XORed form. */
export function writePlainAddress(b: Uint8Array, at: number, a: TransportAddress): void {
  const isV4 = familyOf(a) === 4;
  b[at] = 0;
  b[at + 1] = isV4 ? FAMILY_IPV4 : FAMILY_IPV6;
  writeUint16At(b, at + 2, a.port);
  if (isV4) {
    writeWord(b, at + 4, a.w3);
    return;
  }
  writeWord(b, at + 4, a.w0);
  writeWord(b, at + 8, a.w1);
  writeWord(b, at + 12, a.w2);
  writeWord(b, at + 16, a.w3);
}
