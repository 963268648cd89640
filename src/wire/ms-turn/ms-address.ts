import { type AddressBuffer, familyOf, type TransportAddress } from '../address.ts';
import { readPlainAddress, writePlainAddress } from '../stun/plain-address.ts';
import { readUint16At, readWord, writeUint16At, writeWord } from '../words.ts';
import type { MsMessageView } from './ms-message-view.ts';

/*
 * XOR-Mapped-Address of this dialect: the key is the transaction id itself, its first two bytes for the port (MS-TURN §2.2.2.14 by way
 * of draft-ietf-behave-rfc3489bis-02). With RFC 8489's cookie in front of the transaction id it equals RFC 8489 §14.2.
 */

/** Writes the value; `transactionAt` is where the 16 bytes of the transaction id lie in the same bytes. */
export function writeMsXorAddress(b: Uint8Array, at: number, a: TransportAddress, transactionAt: number): void {
  writePlainAddress(b, at, a);
  writeUint16At(b, at + 2, a.port ^ readUint16At(b, transactionAt));
  const words = familyOf(a) === 4 ? 1 : 4;
  for (let i = 0; i < 4 * words; i += 4)
    writeWord(b, at + 4 + i, readWord(b, at + 4 + i) ^ readWord(b, transactionAt + i));
}

/** Reads the address in canonical form. False when there is none at this index. Allocates nothing. */
export function readMsXorAddress(view: MsMessageView, index: number, into: AddressBuffer): boolean {
  if (!readPlainAddress(view, index, into)) return false;
  const { bytes } = view;
  const key = view.start + 4;
  const port = into.port ^ readUint16At(bytes, key);
  if (view.lengthAt(index) === 8) into.set(0, 0, 0xffff, into.w3 ^ readWord(bytes, key), port);
  else {
    const w2 = into.w2 ^ readWord(bytes, key + 8);
    const w3 = into.w3 ^ readWord(bytes, key + 12);
    into.set(into.w0 ^ readWord(bytes, key), into.w1 ^ readWord(bytes, key + 4), w2, w3, port);
  }
  return true;
}
