import { familyOf, type TransportAddress } from '../address.ts';
import { writePlainAddress } from '../stun/plain-address.ts';
import { writeUint16At, writeWord } from '../words.ts';
import {
  MS_ATTRIBUTES,
  MS_COOKIE,
  MS_HEADER_LENGTH,
  MS_SHORTEST,
  MS_TRANSACTION_ID_LENGTH,
  MS_TYPES,
} from './registry.ts';

/**
 * Makes bytes[payloadStart, payloadEnd) a Data Indication where it lies: writes the header in front of it, and nothing behind. Returns
 * where the message starts, or -1 when the payload is too long for a message. Allocates nothing.
 *
 * ```
 * | header 20 | cookie 8 | Remote-Address 4 + 8 or 20 | Data 4 | payload |
 * ^ returned                                                  ^ payloadStart
 * ```
 */
export function writeMsDataIndication(
  bytes: Uint8Array,
  payloadStart: number,
  payloadEnd: number,
  peer: TransportAddress,
  transactionId: Uint8Array,
): number {
  const addressLength = familyOf(peer) === 4 ? 8 : 20;
  const start = payloadStart - MS_SHORTEST - 8 - addressLength;
  const length = payloadEnd - start - MS_HEADER_LENGTH;
  if (start < 0 || payloadEnd > bytes.length)
    throw new RangeError('no room for a Data Indication in front of the payload');
  if (length > 0xffff) return -1;
  writeUint16At(bytes, start, MS_TYPES.DataIndication);
  writeUint16At(bytes, start + 2, length);
  for (let i = 0; i < MS_TRANSACTION_ID_LENGTH; i++) bytes[start + 4 + i] = transactionId[i]!;
  writeWord(bytes, start + MS_HEADER_LENGTH, (MS_ATTRIBUTES.MagicCookie << 16) | 4);
  writeWord(bytes, start + MS_HEADER_LENGTH + 4, MS_COOKIE);
  const address = start + MS_SHORTEST;
  writeUint16At(bytes, address, MS_ATTRIBUTES.RemoteAddress);
  writeUint16At(bytes, address + 2, addressLength);
  writePlainAddress(bytes, address + 4, peer);
  writeUint16At(bytes, payloadStart - 4, MS_ATTRIBUTES.Data);
  writeUint16At(bytes, payloadStart - 2, payloadEnd - payloadStart);
  return start;
}
