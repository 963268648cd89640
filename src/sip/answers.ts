import { type Millis, respond, type SipRequest, type SipResponse } from '../wire/index.ts';
import type { Denied } from './digest/authenticator.ts';
import { isSipe } from './digest/claim.ts';
import { SIP_REFUSED, type SipEffect, type SipRefused } from './effects.ts';
import { diagnosticsFor, domainOf } from './federation/diagnostics.ts';
import type { LocalAnswer } from './questions.ts';
import type { ServerTransaction } from './transaction/transactions.ts';

type Headers = readonly (readonly [string, string])[];

const LOCKED_OUT = 'Too many wrong passwords. Try again in a minute.';
/** What a person is told. pidgin-sipe shows the last, phones the first. */
const WHY: Partial<Record<SipRefused, string>> = {
  'locked-out': LOCKED_OUT,
  'password-in-the-clear': 'Passwords are asked for over TLS only.',
  'other-user': 'This connection belongs to another user.',
  'wrong-side': 'This user may not sign in from here.',
};

/** Answers a request with something of our own. */
export function answer(
  server: ServerTransaction,
  said: LocalAnswer,
  tag: string,
  now: Millis,
  effects: SipEffect[],
): void {
  const { status, reason, headers = [], body } = said;
  const response = respond(server.request, status, tag, reason);
  for (const [name, value] of headers) response.headers.add(name, value);
  server.respond(body === undefined ? response : { ...response, body }, now, effects);
}

/** The one table from refusal to status, with what people and clients are told besides. */
export function refuse(
  server: ServerTransaction,
  refusal: SipRefused,
  tag: string,
  source: string,
  now: Millis,
  effects: SipEffect[],
  headers: Headers = [],
): void {
  const { request, flow } = server;
  const domain = domainOf(refusal, request);
  effects.push({ do: 'count-refusal', refusal, flow: flow.id, ...(domain === undefined ? {} : { domain }) });
  const status = SIP_REFUSED[refusal];
  const why = WHY[refusal];
  const told: Headers =
    why === undefined
      ? [...headers, ...diagnosticsFor(refusal, domain, flow)]
      : [...headers, ['Warning', `399 ${source} "${why}"`], ['ms-diagnostics-public', `4004;reason="${why}"`]];
  answer(server, { status, headers: told }, tag, now, effects);
}

/** 401 from a registrar, 407 from a proxy (RFC 3261 §22.1, §22.3); but pidgin-sipe knows a digest by 407 alone. */
export function challengeFor({ challenge = '' }: Denied, request: SipRequest): { status: 401 | 407; headers: Headers } {
  return request.method === 'REGISTER' && !isSipe(request)
    ? { status: 401, headers: [['WWW-Authenticate', challenge]] }
    : { status: 407, headers: [['Proxy-Authenticate', challenge]] };
}

/** For what has no transaction, and needs none: whoever repeats the request is answered again. */
export function statelessAnswer(request: SipRequest, refusal: SipRefused, tag: string): SipResponse {
  const response = respond(request, SIP_REFUSED[refusal], tag);
  if (SIP_REFUSED[refusal] === 503) response.headers.add('Retry-After', '1'); // without it, we are broken (RFC 3261 §21.5.4)
  return response;
}
