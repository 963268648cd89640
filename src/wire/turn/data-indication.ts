import { familyOf, type TransportAddress } from '../address.ts';
import { typeOf } from '../stun/message-writer.ts';
import { ATTRIBUTES, CLASSES, HEADER_LENGTH, MAGIC_COOKIE, METHODS } from '../stun/registry.ts';
import { writeXorAddress, xorAddressLength } from '../stun/xor-address.ts';
import { paddedLength, writeUint16At, writeWord } from '../words.ts';

const TYPE = typeOf(METHODS.Data, CLASSES.indication);
const TRANSACTION_ID_LENGTH = 12;

/** Bytes a Data indication puts in front of its payload: 36 for an IPv4 peer, 48 for an IPv6 peer. */
export function dataIndicationHeader(peer: TransportAddress): number {
  return HEADER_LENGTH + 4 + xorAddressLength(peer) + 4;
}

/** Where a Data indication ends, padding counted. */
export function dataIndicationEnd(payloadStart: number, payloadEnd: number): number {
  return payloadStart + paddedLength(payloadEnd - payloadStart);
}

/**
 * Makes bytes[payloadStart, payloadEnd) a Data indication (RFC 8656 §11.7) where it lies: writes the header in front of it and up to
 * three zeros behind it. Returns where the message starts, or -1 when the payload is too long for a STUN message. Allocates nothing.
 *
 * ```
 * | STUN header 20 | XOR-PEER-ADDRESS 4 + 8 or 20 | DATA 4 | payload, padded |
 * ^ returned                                             ^ payloadStart    ^ dataIndicationEnd
 * ```
 */
export function writeDataIndication(
  bytes: Uint8Array,
  payloadStart: number,
  payloadEnd: number,
  peer: TransportAddress,
  transactionId: Uint8Array,
): number {
  const addressLength = familyOf(peer) === 4 ? 8 : 20;
  const start = payloadStart - HEADER_LENGTH - 8 - addressLength;
  const end = dataIndicationEnd(payloadStart, payloadEnd);
  const length = end - start - HEADER_LENGTH;
  if (start < 0 || end > bytes.length) throw new RangeError('no room for a Data indication around the payload');
  if (length > 0xffff) return -1;
  writeUint16At(bytes, start, TYPE);
  writeUint16At(bytes, start + 2, length);
  writeWord(bytes, start + 4, MAGIC_COOKIE);
  for (let i = 0; i < TRANSACTION_ID_LENGTH; i++) bytes[start + 8 + i] = transactionId[i]!;
  const address = start + HEADER_LENGTH;
  writeUint16At(bytes, address, ATTRIBUTES.XorPeerAddress);
  writeUint16At(bytes, address + 2, addressLength);
  writeXorAddress(bytes, address + 4, peer, start + 8);
  writeUint16At(bytes, payloadStart - 4, ATTRIBUTES.Data);
  writeUint16At(bytes, payloadStart - 2, payloadEnd - payloadStart);
  for (let at = payloadEnd; at < end; at++) bytes[at] = 0;
  return start;
}
