import type { AttributeList, Millis } from '../wire/index.ts';
import { Answer } from './answer.ts';
import { challenge } from './challenge.ts';
import type { Core } from './core.ts';
import { type Effect, REFUSALS, type Refusal } from './effects.ts';
import type { Client } from './questions.ts';
import type { AuthenticRequest, Refused, Request } from './request.ts';

/** For people who read traces. Only users are told; an answer to a stranger carries no byte more than it must. */
const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthenticated',
  403: 'Forbidden',
  420: 'Unknown Attribute',
  437: 'Allocation Mismatch',
  440: 'Address Family not Supported',
  441: 'Wrong Credentials',
  442: 'Unsupported Transport Protocol',
  443: 'Peer Address Family Mismatch',
  446: 'Connection Already Exists',
  447: 'Connection Timeout or Failure',
  486: 'Allocation Quota Reached',
  508: 'Insufficient Capacity',
};

/** A message of any dialect that nobody has vouched for. */
export interface Unvouched {
  readonly client: Client;
  readonly view: AttributeList;
  readonly now: Millis;
}

/** Counted, and nothing else. */
export function silence(client: Client, refusal: Refusal): readonly Effect[] {
  return [{ do: 'count-refusal', refusal, client: client.id }];
}

/** The error response to a user's request, under the integrity of the request. */
export function refuse(request: AuthenticRequest, why: Refused): readonly Effect[] {
  return refuseWith(new Answer(request, request.seal), why);
}

/** The same for a request that has been kept. */
export function refuseWith(answer: Answer, why: Refused): readonly Effect[] {
  const { refused: refusal, peer, rule, unknown } = why;
  const code = REFUSALS[refusal];
  const counted: Effect = {
    do: 'count-refusal',
    refusal,
    client: answer.client,
    ...(peer === undefined ? {} : { peer }),
    ...(rule === undefined ? {} : { rule }),
  };
  if (code === 0) return [counted];
  const bytes = answer.error(code, PHRASES[code], w => {
    if (unknown !== undefined) w.unknownAttributes(unknown);
  });
  return [counted, answer.reply(bytes)];
}

/** The error response to a request nobody has vouched for: a challenge where that helps, unprotected, and within the budget. */
export function refuseStranger(core: Core, request: Request, why: Refused): readonly Effect[] {
  const code = REFUSALS[why.refused];
  const replied = unauthenticatedReply(core, request, most => {
    if (code === 401 || code === 438) return challenge(core, request, code, most);
    return new Answer(request, undefined).error(code, '', w => {
      if (why.unknown !== undefined) w.unknownAttributes(why.unknown);
    });
  });
  return isSilent(replied) ? replied : [...silence(request.client, why.refused), ...replied];
}

/**
 * Answers where the source address may be forged: nothing leaves that is longer than the budget allows (ADR 0004). `write` is told
 * the most bytes it may use and returns undefined when it cannot.
 */
export function unauthenticatedReply(
  core: Core,
  request: Unvouched,
  write: (most: number) => Uint8Array | undefined,
): readonly Effect[] {
  const { client, view, now } = request;
  const most = core.questions.answerBudget(client, view.end - view.start, now);
  const bytes = most > 0 ? write(most) : undefined;
  if (bytes === undefined || bytes.length > most) return silence(client, 'answer-budget');
  return [{ do: 'reply', client: client.id, bytes }];
}

function isSilent(effects: readonly Effect[]): boolean {
  return effects[0]?.do !== 'reply';
}
