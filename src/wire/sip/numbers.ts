import { Cursor } from './cursor.ts';

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** RFC 3261 §8.1.1.5 */
const CSEQ_BELOW = 2 ** 31;
const MOST_FORWARDS = 255;
/** RFC 3261 §20.19 */
export const MOST_DELTA_SECONDS = 2 ** 32 - 1;

export function readCSeq(value: string): CSeq | undefined {
  const cursor = new Cursor(value);
  const number = Number(cursor.digits() ?? Number.NaN);
  const hasBlank = cursor.next === ' ' || cursor.next === '\t';
  const method = cursor.blanks().token();
  if (!(number < CSEQ_BELOW) || !hasBlank || method === undefined || !cursor.isAtEnd) return undefined;
  return { number, method };
}

export function readMaxForwards(value: string): number | undefined {
  const number = /^[0-9]+$/.test(value) ? Number(value) : Number.NaN;
  return number <= MOST_FORWARDS ? number : undefined;
}

/** Seconds from now. A number too large for 32 bits is the largest that is not (RFC 3261 §20.19 wants no more). */
export function readDeltaSeconds(value: string): number | undefined {
  return /^[0-9]+$/.test(value) ? Math.min(Number(value), MOST_DELTA_SECONDS) : undefined;
}

/** Content-Length: digits and nothing else, no sign, no list. */
export function readLength(value: string): number | undefined {
  return /^[0-9]{1,15}$/.test(value) ? Number(value) : undefined;
}
