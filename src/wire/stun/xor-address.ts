import { type AddressBuffer, familyOf, type TransportAddress } from '../address.ts';
import { readUint16At, readWord, writeWord } from '../words.ts';
import { FAMILY_IPV4, FAMILY_IPV6, MAGIC_COOKIE } from './registry.ts';

const MAPPED = 0xffff;

/** Length of an address attribute's value: 8 for IPv4, 20 for IPv6. */
export function xorAddressLength(a: TransportAddress): number {
  return familyOf(a) === 4 ? 8 : 20;
}

/** Writes the value of an XOR-…-ADDRESS attribute (RFC 8489 §14.2); `transactionAt` is where the transaction id lies in the same bytes. */
export function writeXorAddress(b: Uint8Array, at: number, a: TransportAddress, transactionAt: number): void {
  const isV4 = familyOf(a) === 4;
  b[at] = 0;
  b[at + 1] = isV4 ? FAMILY_IPV4 : FAMILY_IPV6;
  const port = a.port ^ (MAGIC_COOKIE >>> 16);
  b[at + 2] = port >>> 8;
  b[at + 3] = port;
  if (isV4) {
    writeWord(b, at + 4, a.w3 ^ MAGIC_COOKIE);
    return;
  }
  writeWord(b, at + 4, a.w0 ^ MAGIC_COOKIE);
  writeWord(b, at + 8, a.w1 ^ readWord(b, transactionAt));
  writeWord(b, at + 12, a.w2 ^ readWord(b, transactionAt + 4));
  writeWord(b, at + 16, a.w3 ^ readWord(b, transactionAt + 8));
}

/**
 * Reads the value of an XOR-…-ADDRESS attribute into `into`, in canonical form: an IPv4-mapped IPv6 address is the IPv4 address.
 * False when it is none. Allocates nothing.
 */
export function readXorAddress(
  b: Uint8Array,
  at: number,
  length: number,
  transactionAt: number,
  into: AddressBuffer,
): boolean {
  if (length !== 8 && length !== 20) return false;
  const family = b[at + 1];
  const port = readUint16At(b, at + 2) ^ (MAGIC_COOKIE >>> 16);
  if (length === 8) {
    if (family !== FAMILY_IPV4) return false;
    into.set(0, 0, MAPPED, readWord(b, at + 4) ^ MAGIC_COOKIE, port);
    return true;
  }
  if (family !== FAMILY_IPV6) return false;
  into.set(
    readWord(b, at + 4) ^ MAGIC_COOKIE,
    readWord(b, at + 8) ^ readWord(b, transactionAt),
    readWord(b, at + 12) ^ readWord(b, transactionAt + 4),
    readWord(b, at + 16) ^ readWord(b, transactionAt + 8),
    port,
  );
  return true;
}
