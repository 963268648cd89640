import { familyOf, type TransportAddress } from '../address.ts';
import type { HmacHash } from '../stun/hmac.ts';
import { writePlainAddress } from '../stun/plain-address.ts';
import { writeUint16At, writeWord } from '../words.ts';
import { writeMsXorAddress } from './ms-address.ts';
import { msHmac } from './ms-integrity.ts';
import { MS_CONNECTION_ID_LENGTH, MS_SEQUENCE_NUMBER_LENGTH } from './ms-sequence-number.ts';
import { MS_ATTRIBUTES, MS_COOKIE, MS_HEADER_LENGTH, MS_TRANSACTION_ID_LENGTH } from './registry.ts';

/**
 * Writes one message of the Microsoft dialect into bytes the caller owns: the cookie comes first by itself, nothing is padded.
 * The length field is true after every call; `end` is where the message ends.
 */
export class MsMessageWriter {
  readonly bytes: Uint8Array;
  readonly start: number;
  end: number;

  constructor(bytes: Uint8Array, start: number, type: number, transactionId: Uint8Array) {
    this.bytes = bytes;
    this.start = start;
    this.end = start + MS_HEADER_LENGTH;
    const isRight = transactionId.length === MS_TRANSACTION_ID_LENGTH && this.end <= bytes.length;
    if (!isRight) throw new RangeError('no room, or no transaction id');
    bytes.set(transactionId, start + 4); // first: it may be borrowed from these very bytes
    writeUint16At(bytes, start, type);
    this.uint32(MS_ATTRIBUTES.MagicCookie, MS_COOKIE);
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

  uint32(type: number, value: number): this {
    writeWord(this.bytes, this.#open(type, 4), value);
    return this;
  }

  /** Mapped-Address, Destination-Address, Remote-Address, Alternate-Server: as they are. */
  address(type: number, address: TransportAddress): this {
    writePlainAddress(this.bytes, this.#open(type, addressLength(address)), address);
    return this;
  }

  xorMappedAddress(address: TransportAddress): this {
    const at = this.#open(MS_ATTRIBUTES.XorMappedAddress, addressLength(address));
    writeMsXorAddress(this.bytes, at, address, this.start + 4);
    return this;
  }

  errorCode(code: number, reason = ''): this {
    const text = Buffer.from(reason, 'utf8');
    const at = this.#open(MS_ATTRIBUTES.ErrorCode, 4 + text.length);
    writeWord(this.bytes, at, (Math.trunc(code / 100) << 8) | (code % 100));
    this.bytes.set(text, at + 4);
    return this;
  }

  unknownAttributes(types: readonly number[]): this {
    const at = this.#open(MS_ATTRIBUTES.UnknownAttributes, types.length * 2);
    types.forEach((type, i) => {
      writeUint16At(this.bytes, at + 2 * i, type);
    });
    return this;
  }

  sequenceNumber(connectionId: Uint8Array, number: number): this {
    if (connectionId.length !== MS_CONNECTION_ID_LENGTH) throw new RangeError('no connection id');
    const at = this.#open(MS_ATTRIBUTES.MsSequenceNumber, MS_SEQUENCE_NUMBER_LENGTH);
    this.bytes.set(connectionId, at);
    writeWord(this.bytes, at + MS_CONNECTION_ID_LENGTH, number);
    return this;
  }

  /** Message-Integrity over all before it. Must be the last. */
  integrity(key: Uint8Array, kind: HmacHash = 'sha1'): this {
    const at = this.#open(MS_ATTRIBUTES.MessageIntegrity, kind === 'sha1' ? 20 : 32);
    this.bytes.set(msHmac(kind, key, this.bytes, this.start, at - 4), at);
    return this;
  }

  /** Writes an attribute's header; returns where the value goes. Messages that do not fit are our mistake. */
  #open(type: number, length: number): number {
    const at = this.end;
    const end = at + 4 + length;
    const counted = end - this.start - MS_HEADER_LENGTH;
    if (end > this.bytes.length) throw new RangeError('the message does not fit into the bytes given');
    if (counted > 0xffff) throw new RangeError('the message is longer than its length field can say');
    writeUint16At(this.bytes, at, type);
    writeUint16At(this.bytes, at + 2, length);
    this.end = end;
    writeUint16At(this.bytes, this.start + 2, counted);
    return at + 4;
  }
}

function addressLength(address: TransportAddress): number {
  return familyOf(address) === 4 ? 8 : 20;
}
