import type { AttributeList } from '../attribute-list.ts';
import { readUint16At } from '../words.ts';
import { decodeUtf8 } from './values.ts';

export interface ErrorCode {
  /** 300 to 699. */
  readonly code: number;
  readonly reason: string;
}

/** ERROR-CODE (RFC 8489 §14.8). A reason phrase that is not UTF-8 reads as empty: nobody acts on it. */
export function readErrorCode(view: AttributeList, index: number): ErrorCode | undefined {
  if (index < 0 || index >= view.count || view.lengthAt(index) < 4) return undefined;
  const at = view.offsetAt(index);
  const hundreds = view.bytes[at + 2]! & 0x07;
  const number = view.bytes[at + 3]!;
  if (hundreds < 3 || hundreds > 6 || number > 99) return undefined;
  return { code: hundreds * 100 + number, reason: decodeUtf8(view.valueAt(index).subarray(4)) ?? '' };
}

/** UNKNOWN-ATTRIBUTES (RFC 8489 §14.13). */
export function readUnknownAttributes(view: AttributeList, index: number): number[] | undefined {
  if (index < 0 || index >= view.count || (view.lengthAt(index) & 1) !== 0) return undefined;
  const at = view.offsetAt(index);
  return Array.from({ length: view.lengthAt(index) / 2 }, (_, i) => readUint16At(view.bytes, at + 2 * i));
}
