import { isSipUri, type NameAddress, readList, readNameAddress, type SipRequest, sipDomain } from '../../wire/index.ts';
import type { SipRefused } from '../effects.ts';
import type { Flow } from '../flows.ts';
import type { Partners, ProvenPartner } from './partners.ts';

/** What passes between partners, either way. Not REGISTER, PUBLISH and SERVICE: those are between users and their own servers. */
const METHODS = [
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'PRACK',
  'UPDATE',
  'INFO',
  'OPTIONS',
  'MESSAGE',
  'REFER',
  'SUBSCRIBE',
  'NOTIFY',
  'BENOTIFY',
];

export function isFederated(method: string): boolean {
  return METHODS.includes(method);
}

/** Why a partner may not say this; undefined: it may. Whom it is for, is looked at where requests are sent on. */
export function partnerRefusal(
  request: SipRequest,
  proven: ProvenPartner | undefined,
  partners: Partners,
): SipRefused | undefined {
  if (!isFederated(request.method)) return 'partner-method';
  const from = domainOf(request.from);
  if (partners.of(from) === undefined) return 'domain-not-allowed';
  return [from, ...assertedDomains(request)].every(domain => proven?.domains.includes(domain))
    ? undefined
    : 'partner-speaks-for-other';
}

/** Why one who is from another domain, and has not proven it, is not heard. */
export function strangerRefusal(request: SipRequest, { unproven }: Flow, partners: Partners): SipRefused {
  if (partners.of(domainOf(request.from)) === undefined) return 'domain-not-allowed';
  return unproven ?? 'partner-without-certificate';
}

function domainOf({ uri }: NameAddress): string {
  return (isSipUri(uri) ? sipDomain(uri.host) : undefined) ?? '';
}

/** Whom a P-Asserted-Identity vouches for (RFC 3325 §9.1), by name or by number; what can't be read vouches for nobody. */
function assertedDomains({ headers }: SipRequest): string[] {
  const asserted = headers.all('p-asserted-identity');
  return asserted.length === 0 ? [] : (readList(asserted, readNameAddress)?.map(domainOf) ?? ['']);
}
