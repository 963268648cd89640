import type { AddressBuffer } from '../address.ts';
import type { Channel, Family } from '../ids.ts';
import type { MessageView } from '../stun/message-view.ts';
import { FAMILY_IPV4, FAMILY_IPV6, HEADER_LENGTH } from '../stun/registry.ts';
import { decodeUtf8, hasLength, readBytes, readUint8, readUint16, readUint32 } from '../stun/values.ts';
import { readXorAddress } from '../stun/xor-address.ts';
import { readUint16At, readWord } from '../words.ts';
import { FIRST_CHANNEL, LAST_CHANNEL } from './channel-data.ts';

/** XOR-PEER-ADDRESS (RFC 8656 §18.3) in canonical form. False when there is none at this index. Allocates nothing. */
export function readPeerAddress(view: MessageView, index: number, into: AddressBuffer): boolean {
  return readXorAddressAt(view, index, into);
}

/** Any XOR-…-ADDRESS: mapped, peer or relayed (RFC 8489 §14.2, RFC 8656 §18.3, §18.5). */
export function readXorAddressAt(view: MessageView, index: number, into: AddressBuffer): boolean {
  if (index < 0 || index >= view.count) return false;
  const transactionAt = view.start + HEADER_LENGTH - 12;
  return readXorAddress(view.bytes, view.offsetAt(index), view.lengthAt(index), transactionAt, into);
}

/** CHANNEL-NUMBER (RFC 8656 §18.1) as it stands; `isChannel` says whether it is one that may be bound. */
export function readChannelNumber(view: MessageView, index: number): number | undefined {
  return readUint16(view, index);
}

export function isChannel(number: number): number is Channel {
  return number >= FIRST_CHANNEL && number <= LAST_CHANNEL; // RFC 8656 §12, ADR 0010
}

/** LIFETIME in seconds (RFC 8656 §18.2). */
export function readLifetime(view: MessageView, index: number): number | undefined {
  return readUint32(view, index);
}

/** REQUESTED-ADDRESS-FAMILY or ADDITIONAL-ADDRESS-FAMILY (RFC 8656 §18.6, §18.11). Undefined is malformed; others are to be answered 440. */
export function readFamily(view: MessageView, index: number): Family | 'unsupported' | undefined {
  const family = readUint8(view, index);
  if (family === undefined) return undefined;
  if (family === FAMILY_IPV4) return 4;
  return family === FAMILY_IPV6 ? 6 : 'unsupported';
}

/** EVEN-PORT (RFC 8656 §18.7): whether the next higher port is to be reserved. */
export function readEvenPort(view: MessageView, index: number): { readonly reserveNext: boolean } | undefined {
  return hasLength(view, index, 1) ? { reserveNext: view.bytes[view.offsetAt(index)]! >= 0x80 } : undefined;
}

/** REQUESTED-TRANSPORT (RFC 8656 §18.8): an IANA protocol number. */
export function readRequestedTransport(view: MessageView, index: number): number | undefined {
  return readUint8(view, index);
}

/** RESERVATION-TOKEN (RFC 8656 §18.10), eight borrowed bytes. */
export function readReservationToken(view: MessageView, index: number): Uint8Array | undefined {
  return readBytes(view, index, 8);
}

/** CONNECTION-ID (RFC 6062 §6.2.1). */
export function readConnectionId(view: MessageView, index: number): number | undefined {
  return readUint32(view, index);
}

/** MOBILITY-TICKET (RFC 8016 §3.3), borrowed; empty in the Allocate request that asks for one. */
export function readMobilityTicket(view: MessageView, index: number): Uint8Array | undefined {
  return index < 0 || index >= view.count ? undefined : view.valueAt(index);
}

export interface AddressErrorCode {
  readonly family: Family;
  readonly code: number;
  readonly reason: string;
}

/** ADDRESS-ERROR-CODE (RFC 8656 §18.12): why the other of two address families was not allocated. */
export function readAddressErrorCode(view: MessageView, index: number): AddressErrorCode | undefined {
  if (index < 0 || index >= view.count || view.lengthAt(index) < 4) return undefined;
  const at = view.offsetAt(index);
  const family = view.bytes[at];
  const hundreds = view.bytes[at + 2]! & 0x07;
  const number = view.bytes[at + 3]!;
  if (family !== FAMILY_IPV4 && family !== FAMILY_IPV6) return undefined;
  if (hundreds < 3 || hundreds > 6 || number > 99) return undefined;
  const reason = decodeUtf8(view.valueAt(index).subarray(4)) ?? '';
  return { family: family === FAMILY_IPV4 ? 4 : 6, code: hundreds * 100 + number, reason };
}

export interface Icmp {
  /** 7 bits. */
  readonly type: number;
  /** 9 bits. */
  readonly code: number;
  /** The MTU for "too big", otherwise 0. */
  readonly data: number;
}

/** ICMP (RFC 8656 §18.13): what came back for a datagram to a peer. */
export function readIcmp(view: MessageView, index: number): Icmp | undefined {
  if (!hasLength(view, index, 8)) return undefined;
  const at = view.offsetAt(index);
  const both = readUint16At(view.bytes, at + 2);
  return { type: both >>> 9, code: both & 0x1ff, data: readWord(view.bytes, at + 4) >>> 0 };
}
