import { AttributeList, MOST_ATTRIBUTES } from '../attribute-list.ts';
import { readUint16At } from '../words.ts';
import { isMsTurn } from './recognise.ts';
import { MS_ATTRIBUTES, MS_HEADER_LENGTH } from './registry.ts';

export type MsMalformed =
  | 'not-ms-turn' // no cookie first, or the length field and the bytes disagree
  | 'attribute-exceeds-message'
  | 'too-many-attributes';

/**
 * A message of the Microsoft dialect where it lies (MS-TURN §2.2.2). Made once and read into again and again: `read` allocates nothing.
 * It is valid until the bytes change or `read` is called again.
 *
 * ```
 * | type 16 | length 16 | transaction id 128 | cookie attribute | attributes, each right behind the last: no padding |
 * ```
 *
 * What follows the integrity is not listed: nothing unprotected can be obeyed.
 */
export class MsMessageView extends AttributeList {
  /** One of MS_TYPES, or unknown. */
  type = 0;

  /** Reads the message that fills bytes[start, end) exactly. After anything but `ok` the view lists no attributes. */
  read(bytes: Uint8Array, start: number, end: number): 'ok' | MsMalformed {
    this.count = 0;
    if (!isMsTurn(bytes, start, end)) return 'not-ms-turn';
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.type = readUint16At(bytes, start);
    return this.#list();
  }

  #list(): 'ok' | MsMalformed {
    const { bytes, end } = this;
    let count = 0;
    let isSealed = false;
    for (let at = this.start + MS_HEADER_LENGTH; at < end; ) {
      if (at + 4 > end) return 'attribute-exceeds-message';
      const type = readUint16At(bytes, at);
      const length = readUint16At(bytes, at + 2);
      const next = at + 4 + length;
      if (next > end) return 'attribute-exceeds-message';
      if (!isSealed) {
        if (count === MOST_ATTRIBUTES) return 'too-many-attributes';
        this.put(count++, type, length, at + 4);
        isSealed = type === MS_ATTRIBUTES.MessageIntegrity;
      }
      at = next;
    }
    this.count = count;
    return 'ok';
  }

  /** The 16 bytes of the transaction id, a borrowed view. */
  get transactionId(): Uint8Array {
    return this.bytes.subarray(this.start + 4, this.start + MS_HEADER_LENGTH);
  }
}
