import { AttributeList, MOST_ATTRIBUTES } from '../attribute-list.ts';
import { paddedLength, readUint16At, readWord } from '../words.ts';
import { ATTRIBUTES, HEADER_LENGTH, MAGIC_COOKIE } from './registry.ts';

export type Malformed =
  | 'too-short'
  | 'not-stun' // the first two bits are not zero, or the magic cookie is missing
  | 'length-not-a-multiple-of-4'
  | 'length-mismatch' // the length field and the datagram disagree
  | 'attribute-exceeds-message'
  | 'too-many-attributes';

/**
 * A STUN message where it lies (RFC 8489 §5). The view is made once and read into again and again: `read` allocates nothing.
 * It is valid until the bytes change or `read` is called again.
 *
 * ```
 *  0                   1                   2                   3
 * |0 0|     message type          |         message length        |
 * |                         magic cookie                          |
 * |                     transaction id (96 bits)                  |
 * ```
 *
 * Attributes after MESSAGE-INTEGRITY are not listed, but for MESSAGE-INTEGRITY-SHA256 and FINGERPRINT; after
 * MESSAGE-INTEGRITY-SHA256 only FINGERPRINT is; after FINGERPRINT nothing is (RFC 8489 §14.5-14.7). So nothing unprotected can be obeyed.
 */
export class MessageView extends AttributeList {
  /** 12-bit method number, one of METHODS or unknown. */
  method = 0;
  /** 2-bit class, one of CLASSES. */
  class = 0;

  /** Reads the message that fills bytes[start, end) exactly. After anything but `ok` the view lists no attributes. */
  read(bytes: Uint8Array, start: number, end: number): 'ok' | Malformed {
    this.count = 0;
    if (end - start < HEADER_LENGTH) return 'too-short';
    const type = readUint16At(bytes, start);
    if (type > 0x3fff || readWord(bytes, start + 4) !== MAGIC_COOKIE) return 'not-stun';
    const length = readUint16At(bytes, start + 2);
    if ((length & 3) !== 0) return 'length-not-a-multiple-of-4';
    if (start + HEADER_LENGTH + length !== end) return 'length-mismatch';
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.method = (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2); // RFC 8489 §5, figure 3
    this.class = ((type & 0x0010) >> 4) | ((type & 0x0100) >> 7);
    return this.#list();
  }

  #list(): 'ok' | Malformed {
    const bytes = this.bytes;
    let count = 0;
    let sealedBy = 0;
    for (let at = this.start + HEADER_LENGTH; at < this.end; ) {
      const type = readUint16At(bytes, at);
      const length = readUint16At(bytes, at + 2);
      const next = at + 4 + paddedLength(length);
      if (next > this.end) return 'attribute-exceeds-message';
      if (mayFollow(sealedBy, type)) {
        if (count === MOST_ATTRIBUTES) return 'too-many-attributes';
        this.put(count++, type, length, at + 4);
        if (isSeal(type)) sealedBy = type;
      }
      at = next;
    }
    this.count = count;
    return 'ok';
  }

  /** The 12 bytes of the transaction id, a borrowed view. */
  get transactionId(): Uint8Array {
    return this.bytes.subarray(this.start + 8, this.start + HEADER_LENGTH);
  }
}

const { MessageIntegrity, MessageIntegritySha256, Fingerprint } = ATTRIBUTES;

function isSeal(type: number): boolean {
  return type === MessageIntegrity || type === MessageIntegritySha256 || type === Fingerprint;
}

function mayFollow(sealedBy: number, type: number): boolean {
  if (sealedBy === 0) return true;
  if (sealedBy === MessageIntegrity) return type === MessageIntegritySha256 || type === Fingerprint;
  return sealedBy === MessageIntegritySha256 && type === Fingerprint;
}
