import { MS_ATTRIBUTES, MS_SHORTEST } from '../../wire/index.ts';
import type { Core } from '../core.ts';
import { type Effect, REFUSALS, type Refusal } from '../effects.ts';
import { COMPACT_LENGTH } from '../nonce.ts';
import { silence, unauthenticatedReply } from '../refuse.ts';
import type { Refused } from '../request.ts';
import { MsAnswer } from './answer.ts';
import type { MsRequest } from './request.ts';
import { MS_VERSION } from './version.ts';

/** Where this dialect has another number than RFC 8656 for the same reason, or none at all. */
const CODES: Readonly<Partial<Record<Refusal, number>>> = {
  'credential-expired': 430,
  'wrong-integrity': 431,
  'unknown-user': 436,
  'wrong-side': 436,
  'peer-denied': 400,
  'permission-limit': 400,
  'unsupported-family': 400,
  'peer-family-mismatch': 400,
  'unsupported-transport': 500,
  'user-quota': 500,
  'prefix-quota': 500,
  'total-quota': 500,
  'no-ports': 500,
  'relay-failed': 500,
};

/** For people who read traces, as in the other dialect only where the asker is a user. */
const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  437: 'No Binding',
  440: 'No Destination',
  441: 'Wrong Username',
  500: 'Server Error',
};

export function msCodeOf(refusal: Refusal): number {
  return CODES[refusal] ?? REFUSALS[refusal];
}

/** The error response to a user's request, sealed as the request was. */
export function msRefuse(answer: MsAnswer, why: Refused): readonly Effect[] {
  const { refused: refusal, peer, rule } = why;
  const code = msCodeOf(refusal);
  const counted: Effect = {
    do: 'count-refusal',
    refusal,
    client: answer.client,
    ...(peer === undefined ? {} : { peer }),
    ...(rule === undefined ? {} : { rule }),
  };
  return [counted, answer.reply(answer.error(code, PHRASES[code] ?? ''))];
}

/** Error, Realm and Nonce, never sealed (MS-TURN §3.3.5.1): the answer to an Allocate nobody has vouched for, within the budget. */
export function msChallenge(core: Core, request: MsRequest, why: Refused): readonly Effect[] {
  const replied = unauthenticatedReply(core, request, most => challengeBytes(core, request, why, most));
  return replied[0]?.do === 'reply' ? [...silence(request.client, why.refused), ...replied] : replied;
}

const T_L = 4;

/** MS-Version is left out where it does not fit; Alternate-Server hardly ever would, and we name no other (ADR 0012). */
function challengeBytes(core: Core, request: MsRequest, why: Refused, most: number): Uint8Array | undefined {
  const { realm } = core.settings;
  const { unknown = [] } = why;
  const unknownLength = unknown.length > 0 ? T_L + 2 * unknown.length : 0;
  const least = MS_SHORTEST + 2 * T_L + unknownLength + T_L + Buffer.byteLength(realm) + T_L + COMPACT_LENGTH;
  if (least > most) return undefined;
  return new MsAnswer(request, undefined).error(msCodeOf(why.refused), '', w => {
    if (unknown.length > 0) w.unknownAttributes(unknown);
    w.text(MS_ATTRIBUTES.Realm, realm).text(MS_ATTRIBUTES.Nonce, core.nonces.compact(request.client, request.now));
    if (least + T_L + 4 <= most) w.uint32(MS_ATTRIBUTES.MsVersion, MS_VERSION);
  });
}
