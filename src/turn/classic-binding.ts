import {
  ATTRIBUTES,
  familyOf,
  HEADER_LENGTH,
  isComprehensionRequired,
  type Millis,
  writePlainAddress,
} from '../wire/index.ts';
import type { Core } from './core.ts';
import type { Effect } from './effects.ts';
import type { Client } from './questions.ts';
import { silence } from './refuse.ts';

const REQUEST = 0x0001;
const SUCCESS = 0x0101;
const T_L = 4;

/** Whether bytes[start, end) may be a Binding request of RFC 3489, which has no cookie: nothing else we know begins like it. */
export function isClassicBinding(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start - HEADER_LENGTH;
  if (length < 0 || length > 0xff || bytes[start] !== 0 || bytes[start + 1] !== REQUEST) return false;
  return bytes[start + 2] === 0 && bytes[start + 3] === length;
}

/**
 * Answers with MAPPED-ADDRESS (RFC 3489 §8.1): clients of the Microsoft dialect ask so where they are seen from. A request that wants
 * anything of us is left alone, and the answer is bounded like every answer to a stranger.
 */
export function onClassicBinding(
  core: Core,
  client: Client,
  bytes: Uint8Array,
  start: number,
  end: number,
  now: Millis,
): readonly Effect[] {
  if (!isHarmless(bytes, start + HEADER_LENGTH, end)) return silence(client, 'not-stun');
  const most = core.questions.answerBudget(client, end - start, now);
  const answer = answerTo(bytes.subarray(start + 4, start + HEADER_LENGTH), client);
  if (answer.length > most) return silence(client, 'answer-budget');
  return [{ do: 'reply', client: client.id, bytes: answer }];
}

/** Only attributes that may be ignored. */
function isHarmless(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  while (at + T_L <= end) {
    if (isComprehensionRequired((bytes[at]! << 8) | bytes[at + 1]!)) return false;
    at += T_L + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
  }
  return at === end;
}

function answerTo(transactionId: Uint8Array, { address }: Client): Uint8Array {
  const length = familyOf(address) === 4 ? 8 : 20;
  const answer = new Uint8Array(HEADER_LENGTH + T_L + length);
  answer.set([SUCCESS >> 8, SUCCESS & 255, 0, T_L + length]);
  answer.set(transactionId, 4);
  answer.set([0, ATTRIBUTES.MappedAddress, 0, length], HEADER_LENGTH);
  writePlainAddress(answer, HEADER_LENGTH + T_L, address);
  return answer;
}
