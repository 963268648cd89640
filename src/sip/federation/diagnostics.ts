import { isSipUri, type SipRequest } from '../../wire/index.ts';
import type { SipRefused } from '../effects.ts';
import type { Flow } from '../flows.ts';

interface Diagnosis {
  readonly id: number;
  readonly reason: string;
  /** Whose domain is spoken of: that of the sender, or that of whom it is for. */
  readonly domain: 'from' | 'to';
}

const TRUST = 'Certificate trust with another server could not be established';
const UNROUTABLE = 'Cannot route to destination domain at the moment';

/** What administrators of Microsoft's servers look up (MS-OCER §8.2), by refusal. The reason is ours where the number stands for several. */
const DIAGNOSES: Partial<Record<SipRefused, Diagnosis>> = {
  'domain-not-allowed': { id: 1002, reason: 'From domain is not allowed to federate', domain: 'from' },
  'no-relaying': { id: 1005, reason: 'Cannot route to destination domain', domain: 'to' },
  'hop-dns-failed': { id: 1007, reason: UNROUTABLE, domain: 'to' },
  'hop-unreachable': { id: 1007, reason: UNROUTABLE, domain: 'to' },
  'hop-no-srv': { id: 1008, reason: 'Unable to resolve DNS SRV record', domain: 'to' },
  'hop-misnamed': { id: 1009, reason: 'The certificate does not name the domain', domain: 'to' },
  'hop-untrusted': { id: 1010, reason: TRUST, domain: 'to' },
  'partner-without-certificate': { id: 1010, reason: TRUST, domain: 'from' },
  'partner-certificate-untrusted': { id: 1010, reason: TRUST, domain: 'from' },
  'partner-certificate-misnamed': { id: 1010, reason: TRUST, domain: 'from' },
  'hop-no-address': { id: 1014, reason: 'Unable to resolve DNS A record', domain: 'to' },
  'partner-method': { id: 1027, reason: 'This type of request is not routed between partners', domain: 'from' },
  'not-to-partners': { id: 1027, reason: 'This type of request is not routed between partners', domain: 'to' },
  'partner-speaks-for-other': { id: 4004, reason: 'The certificate may not act as this From', domain: 'from' },
};

type Headers = readonly (readonly [string, string])[];

/** For our own users and servers `ms-diagnostics` with who says it; for others the public form, without. */
export function diagnosticsFor(refusal: SipRefused, domain: string | undefined, { side, local }: Flow): Headers {
  const diagnosis = DIAGNOSES[refusal];
  if (diagnosis === undefined) return [];
  const about = `${diagnosis.id};reason="${diagnosis.reason}"${domain === undefined ? '' : `;domain="${domain}"`}`;
  const isOurs = side !== 'partner' && diagnosis.domain === 'to';
  return [isOurs ? ['ms-diagnostics', `${about};source="${local.host}"`] : ['ms-diagnostics-public', about]];
}

/** The domain that a refusal is about. */
export function domainOf(refusal: SipRefused, { from, uri }: SipRequest): string | undefined {
  const diagnosis = DIAGNOSES[refusal];
  const about = diagnosis?.domain === 'from' ? from.uri : uri;
  return diagnosis !== undefined && isSipUri(about) ? about.host : undefined;
}
