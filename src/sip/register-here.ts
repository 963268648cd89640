import { addressOfRecord, isSipUri, type Millis } from '../wire/index.ts';
import type { SipEffect, SipRefused } from './effects.ts';
import type { AuthenticRequest, LocalAnswer, SipQuestions } from './questions.ts';
import type { Registered, Registrar } from './registrar/registrar.ts';

type Refused = { readonly refused: SipRefused; readonly headers?: readonly (readonly [string, string])[] };

/** A REGISTER for a user of ours is answered here; undefined: it is for a registrar further in. */
export function registerHere(
  registrar: Registrar,
  questions: SipQuestions,
  authentic: AuthenticRequest,
  now: Millis,
  effects: SipEffect[],
): LocalAnswer | Refused | undefined {
  const { request, flow } = authentic;
  const { uri } = request;
  if (!isSipUri(uri) || !questions.isOurDomain(uri.host)) return undefined;
  if (!isSipUri(request.to.uri)) return { refused: 'bad-contact' };
  const user = questions.user(addressOfRecord(request.to.uri));
  if (user === undefined) return undefined;
  const said: Registered = registrar.onRegister(request, user.record, flow, now, effects);
  if ('refused' in said) return said;
  return {
    status: 200,
    headers: [...said.headers, ['Supported', 'path, outbound'], ...questions.registrationHeaders(authentic)],
  };
}
