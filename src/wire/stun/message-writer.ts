import type { TransportAddress } from '../address.ts';
import { AttributeWriter } from '../attribute-writer.ts';
import type { Family } from '../ids.ts';
import type { Icmp } from '../turn/attributes.ts';
import { writeUint16At, writeWord } from '../words.ts';
import type { AccessToken } from './access-token.ts';
import type { ChangeRequest } from './behavior-discovery.ts';
import { fingerprintValue } from './fingerprint.ts';
import { hmacInto } from './integrity.ts';
import {
  type PasswordAlgorithmValue,
  passwordAlgorithmsLength,
  writePasswordAlgorithms,
} from './password-algorithms.ts';
import { writePlainAddress } from './plain-address.ts';
import { ATTRIBUTES, FAMILY_IPV4, FAMILY_IPV6, HEADER_LENGTH, MAGIC_COOKIE } from './registry.ts';
import { writeXorAddress, xorAddressLength } from './xor-address.ts';

/** Writes one STUN message. */
export class MessageWriter extends AttributeWriter {
  constructor(bytes: Uint8Array, start: number, method: number, messageClass: number, transactionId: Uint8Array) {
    super(bytes, start, HEADER_LENGTH, true);
    if (transactionId.length !== 12 || this.end > bytes.length) throw new RangeError('no room, or no transaction id');
    bytes.set(transactionId, start + 8); // first: it may be borrowed from these very bytes
    writeUint16At(bytes, start, typeOf(method, messageClass));
    writeUint16At(bytes, start + 2, 0);
    writeWord(bytes, start + 4, MAGIC_COOKIE);
  }

  flag(type: number): this {
    this.open(type, 0);
    return this;
  }

  /** One byte and three reserved ones: EVEN-PORT aside, every 8-bit attribute is filled up inside its value. */
  uint8(type: number, value: number): this {
    return this.uint32(type, value << 24);
  }

  /** Two bytes and two reserved ones (CHANNEL-NUMBER). */
  uint16(type: number, value: number): this {
    return this.uint32(type, value << 16);
  }

  /** ICE-CONTROLLED and ICE-CONTROLLING (RFC 8445 §16.1). */
  uint64(type: number, value: bigint): this {
    const at = this.open(type, 8);
    writeWord(this.bytes, at, Number((value >> 32n) & 0xffffffffn));
    writeWord(this.bytes, at + 4, Number(value & 0xffffffffn));
    return this;
  }

  xorAddress(type: number, address: TransportAddress): this {
    const at = this.open(type, xorAddressLength(address));
    writeXorAddress(this.bytes, at, address, this.start + 8);
    return this;
  }

  /** MAPPED-ADDRESS, ALTERNATE-SERVER, RESPONSE-ORIGIN, OTHER-ADDRESS: not XORed. */
  plainAddress(type: number, address: TransportAddress): this {
    writePlainAddress(this.bytes, this.open(type, xorAddressLength(address)), address);
    return this;
  }

  /** ERROR-CODE (RFC 8489 §14.8). */
  errorCode(code: number, reason = ''): this {
    return this.error(ATTRIBUTES.ErrorCode, 0, code, reason);
  }

  /** ADDRESS-ERROR-CODE (RFC 8656 §18.12). */
  addressErrorCode(family: Family, code: number, reason = ''): this {
    return this.error(ATTRIBUTES.AddressErrorCode, family === 4 ? FAMILY_IPV4 : FAMILY_IPV6, code, reason);
  }

  /** REQUESTED-ADDRESS-FAMILY and ADDITIONAL-ADDRESS-FAMILY (RFC 8656 §18.6, §18.11). */
  family(type: number, family: Family): this {
    return this.uint8(type, family === 4 ? FAMILY_IPV4 : FAMILY_IPV6);
  }

  /** EVEN-PORT (RFC 8656 §18.7). */
  evenPort(reserveNext: boolean): this {
    return this.raw(ATTRIBUTES.EvenPort, [reserveNext ? 0x80 : 0]);
  }

  /** ICMP (RFC 8656 §18.13). */
  icmp({ type, code, data }: Icmp): this {
    const at = this.open(ATTRIBUTES.Icmp, 8);
    writeWord(this.bytes, at, (type << 9) | code);
    writeWord(this.bytes, at + 4, data);
    return this;
  }

  /** PASSWORD-ALGORITHMS or PASSWORD-ALGORITHM (RFC 8489 §14.11, §14.12). */
  passwordAlgorithms(type: number, list: readonly PasswordAlgorithmValue[]): this {
    writePasswordAlgorithms(this.bytes, this.open(type, passwordAlgorithmsLength(list)), list);
    return this;
  }

  /** CHANGE-REQUEST (RFC 5780 §7.2). */
  changeRequest({ changeIp, changePort }: ChangeRequest): this {
    return this.uint32(ATTRIBUTES.ChangeRequest, (changeIp ? 4 : 0) | (changePort ? 2 : 0));
  }

  /** ACCESS-TOKEN (RFC 7635 §6.2). */
  accessToken({ nonce, encryptedBlock }: AccessToken): this {
    const at = this.open(ATTRIBUTES.AccessToken, 2 + nonce.length + encryptedBlock.length);
    writeUint16At(this.bytes, at, nonce.length);
    this.bytes.set(nonce, at + 2);
    this.bytes.set(encryptedBlock, at + 2 + nonce.length);
    return this;
  }

  /** UNKNOWN-ATTRIBUTES (RFC 8489 §14.13). */
  unknownAttributes(types: readonly number[]): this {
    return this.uint16s(ATTRIBUTES.UnknownAttributes, types);
  }

  /** MESSAGE-INTEGRITY, HMAC-SHA1 over all before it (RFC 8489 §14.5). */
  integrity(key: Uint8Array): this {
    const at = this.open(ATTRIBUTES.MessageIntegrity, 20);
    hmacInto('sha1', key, this.bytes, this.start, at - 4, this.bytes, at);
    return this;
  }

  /** MESSAGE-INTEGRITY-SHA256, untruncated (RFC 8489 §14.6). */
  integritySha256(key: Uint8Array): this {
    const at = this.open(ATTRIBUTES.MessageIntegritySha256, 32);
    hmacInto('sha256', key, this.bytes, this.start, at - 4, this.bytes, at);
    return this;
  }

  /** FINGERPRINT (RFC 8489 §14.7). Must be the last. */
  fingerprint(): this {
    const at = this.open(ATTRIBUTES.Fingerprint, 4);
    writeWord(this.bytes, at, fingerprintValue(this.bytes, this.start, at - 4));
    return this;
  }
}

/** The 14-bit message type of a method and a class (RFC 8489 §5, figure 3). */
export function typeOf(method: number, messageClass: number): number {
  return (
    (method & 0x000f) |
    ((method & 0x0070) << 1) |
    ((method & 0x0f80) << 2) |
    ((messageClass & 1) << 4) |
    ((messageClass & 2) << 7)
  );
}
