import { familyOf, type TransportAddress } from '../address.ts';
import { AttributeWriter } from '../attribute-writer.ts';
import type { HmacHash } from '../keyed-hmac.ts';
import { writePlainAddress } from '../stun/plain-address.ts';
import { writeUint16At, writeWord } from '../words.ts';
import { writeMsXorAddress } from './ms-address.ts';
import { msHmacInto } from './ms-integrity.ts';
import { MS_CONNECTION_ID_LENGTH, MS_SEQUENCE_NUMBER_LENGTH } from './ms-sequence-number.ts';
import { MS_ATTRIBUTES, MS_COOKIE, MS_HEADER_LENGTH, MS_TRANSACTION_ID_LENGTH } from './registry.ts';

/** Writes one message of the Microsoft dialect: the cookie comes first by itself, nothing is padded. */
export class MsMessageWriter extends AttributeWriter {
  constructor(bytes: Uint8Array, start: number, type: number, transactionId: Uint8Array) {
    super(bytes, start, MS_HEADER_LENGTH, false);
    const isRight = transactionId.length === MS_TRANSACTION_ID_LENGTH && this.end <= bytes.length;
    if (!isRight) throw new RangeError('no room, or no transaction id');
    bytes.set(transactionId, start + 4); // first: it may be borrowed from these very bytes
    writeUint16At(bytes, start, type);
    this.uint32(MS_ATTRIBUTES.MagicCookie, MS_COOKIE);
  }

  /** Mapped-Address, Destination-Address, Remote-Address, Alternate-Server: as they are. */
  address(type: number, address: TransportAddress): this {
    writePlainAddress(this.bytes, this.open(type, addressLength(address)), address);
    return this;
  }

  xorMappedAddress(address: TransportAddress): this {
    const at = this.open(MS_ATTRIBUTES.XorMappedAddress, addressLength(address));
    writeMsXorAddress(this.bytes, at, address, this.start + 4);
    return this;
  }

  errorCode(code: number, reason = ''): this {
    return this.error(MS_ATTRIBUTES.ErrorCode, 0, code, reason);
  }

  unknownAttributes(types: readonly number[]): this {
    return this.uint16s(MS_ATTRIBUTES.UnknownAttributes, types);
  }

  sequenceNumber(connectionId: Uint8Array, number: number): this {
    if (connectionId.length !== MS_CONNECTION_ID_LENGTH) throw new RangeError('no connection id');
    const at = this.open(MS_ATTRIBUTES.MsSequenceNumber, MS_SEQUENCE_NUMBER_LENGTH);
    this.bytes.set(connectionId, at);
    writeWord(this.bytes, at + MS_CONNECTION_ID_LENGTH, number);
    return this;
  }

  /** Message-Integrity over all before it. Must be the last. */
  integrity(key: Uint8Array, kind: HmacHash = 'sha1'): this {
    const at = this.open(MS_ATTRIBUTES.MessageIntegrity, kind === 'sha1' ? 20 : 32);
    msHmacInto(kind, key, this.bytes, this.start, at - 4, this.bytes, at);
    return this;
  }
}

function addressLength(address: TransportAddress): number {
  return familyOf(address) === 4 ? 8 : 20;
}
