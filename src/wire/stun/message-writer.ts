import type { TransportAddress } from '../address.ts';
import { writeXorAddress, xorAddressLength } from './xor-address.ts';
import { hmacInto } from './integrity.ts';
import { crc32 } from './fingerprint.ts';
import { ATTRIBUTES, HEADER_LENGTH, MAGIC_COOKIE } from './registry.ts';

/**
 * Writes one STUN message into bytes the caller owns. Padding is written as zeros, so nothing that lay there before leaks.
 * The length field is true after every call; `end` is where the message ends.
 */
export class MessageWriter {
  readonly bytes: Uint8Array;
  readonly start: number;
  end: number;

  constructor(bytes: Uint8Array, start: number, method: number, messageClass: number, transactionId: Uint8Array) {
    this.bytes = bytes;
    this.start = start;
    this.end = start + HEADER_LENGTH;
    const type = typeOf(method, messageClass);
    this.#u16(start, type);
    this.#u16(start + 2, 0);
    this.#u32(start + 4, MAGIC_COOKIE);
    bytes.set(transactionId, start + 8);
  }

  /** The message so far, a view. */
  get message(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }

  raw(type: number, value: ArrayLike<number>): this {
    const at = this.#open(type, value.length);
    this.bytes.set(value, at);
    return this;
  }

  text(type: number, value: string): this {
    return this.raw(type, Buffer.from(value, 'utf8'));
  }

  flag(type: number): this {
    this.#open(type, 0);
    return this;
  }

  uint8(type: number, value: number): this {
    // one byte and three reserved: EVEN-PORT aside, every 8-bit attribute is padded inside its value
    const at = this.#open(type, 4);
    this.#u32(at, (value << 24) >>> 0);
    return this;
  }

  uint32(type: number, value: number): this {
    this.#u32(this.#open(type, 4), value);
    return this;
  }

  xorAddress(type: number, address: TransportAddress): this {
    const at = this.#open(type, xorAddressLength(address));
    writeXorAddress(this.bytes, at, address, this.start + 8);
    return this;
  }

  /** ERROR-CODE (RFC 8489 §14.8). */
  errorCode(code: number, reason = ''): this {
    const text = Buffer.from(reason, 'utf8');
    const at = this.#open(ATTRIBUTES.ErrorCode, 4 + text.length);
    this.#u32(at, (Math.trunc(code / 100) << 8) | (code % 100));
    this.bytes.set(text, at + 4);
    return this;
  }

  /** UNKNOWN-ATTRIBUTES (RFC 8489 §14.13). */
  unknownAttributes(types: readonly number[]): this {
    const at = this.#open(ATTRIBUTES.UnknownAttributes, types.length * 2);
    types.forEach((type, i) => {
      this.#u16(at + 2 * i, type);
    });
    return this;
  }

  /** MESSAGE-INTEGRITY, HMAC-SHA1 over all before it (RFC 8489 §14.5). */
  integrity(key: Uint8Array): this {
    const at = this.#open(ATTRIBUTES.MessageIntegrity, 20);
    hmacInto('sha1', key, this.bytes, this.start, at - 4, this.bytes, at);
    return this;
  }

  /** MESSAGE-INTEGRITY-SHA256, untruncated (RFC 8489 §14.6). */
  integritySha256(key: Uint8Array): this {
    const at = this.#open(ATTRIBUTES.MessageIntegritySha256, 32);
    hmacInto('sha256', key, this.bytes, this.start, at - 4, this.bytes, at);
    return this;
  }

  /** FINGERPRINT (RFC 8489 §14.7). Must be the last. */
  fingerprint(): this {
    const at = this.#open(ATTRIBUTES.Fingerprint, 4);
    this.#u32(at, (crc32(this.bytes, this.start, at - 4) ^ 0x5354554e) >>> 0);
    return this;
  }

  #open(type: number, length: number): number {
    const at = this.end;
    const padded = (length + 3) & ~3;
    if (at + 4 + padded > this.bytes.length) throw new RangeError('the message does not fit into the bytes given');
    this.#u16(at, type);
    this.#u16(at + 2, length);
    if (padded > 0) this.#u32(at + padded, 0);
    this.end = at + 4 + padded;
    this.#u16(this.start + 2, this.end - this.start - HEADER_LENGTH);
    return at + 4;
  }

  #u16(at: number, value: number): void {
    this.bytes[at] = value >>> 8;
    this.bytes[at + 1] = value;
  }

  #u32(at: number, value: number): void {
    this.#u16(at, value >>> 16);
    this.#u16(at + 2, value);
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
