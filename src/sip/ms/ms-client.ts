import { addressOfRecord, isSipUri, type SipRequest, tokensOf } from '../../wire/index.ts';
import type { AuthenticRequest, LocalAnswer } from '../questions.ts';

/** What Microsoft's clients and pidgin-sipe look for in the 200 to their REGISTER. Each option tag stands on a line of its own. */
export function msRegistrationHeaders({ request, flow }: AuthenticRequest): readonly (readonly [string, string])[] {
  if (!isMsClient(request)) return [];
  const events = [
    'vnd-microsoft-provisioning-v2',
    'vnd-microsoft-roaming-contacts',
    'vnd-microsoft-roaming-self',
    'presence',
  ];
  return [
    ['Supported', 'adhoclist'],
    ['Supported', 'msrtc-event-categories'],
    ['Allow-Events', events.join(',')], // without blanks: pidgin-sipe takes them for part of the name
    ...(flow.side === 'external' ? [['ms-user-logon-data', 'RemoteUser'] as const] : []),
    ['ms-keep-alive', 'UAS; tcp=no; hop-hop=yes; end-end=no; timeout=300'],
    ['Server', 'Sallyport/6.0'], // from 6 on pidgin-sipe offers plain SDP, without a part for OCS 2007
  ];
}

/**
 * What such a client asks the server of its own user, so that it goes on to place calls: an empty contact list, nobody's presence,
 * and consent to whatever it publishes. Undefined: it asks something else.
 */
export function serveMsClient({ request, user }: AuthenticRequest): LocalAnswer | undefined {
  const { method, uri } = request;
  const isOwn = user !== undefined && isSipUri(uri) && addressOfRecord(uri) === user.record;
  if (!isOwn) return undefined;
  if (method === 'SERVICE') return { status: 200 };
  if (method !== 'SUBSCRIBE') return undefined;
  const document = DOCUMENTS[eventOf(request)];
  return document === undefined ? { status: 489 } : piggyback(eventOf(request), document(user.record));
}

function isMsClient({ headers }: SipRequest): boolean {
  return tokensOf(headers, 'supported')?.includes('msrtc-event-categories') === true;
}

function eventOf({ headers }: SipRequest): string {
  return (headers.first('event') ?? '').split(';')[0]!.trim().toLowerCase();
}

/** The first notification within the answer; any value of `ms-piggyback-cseq` says that it is one. */
function piggyback(event: string, body: string): LocalAnswer {
  return {
    status: 200,
    headers: [
      ['Event', event],
      ['Expires', '3600'],
      ['ms-piggyback-cseq', '1'],
      ['Supported', 'ms-benotify, ms-piggyback-first-notify'],
      ['Content-Type', `application/${event}+xml`],
    ],
    body: Buffer.from(body),
  };
}

const SIP = 'http://schemas.microsoft.com/2006/09/sip';
/** A record has been read as a URI: nothing in it needs escaping but the ampersand. */
const DOCUMENTS: Readonly<Record<string, (record: string) => string>> = {
  'vnd-microsoft-roaming-contacts': () =>
    '<contactList deltaNum="1"><group id="1" name="~" externalURI=""/></contactList>',
  'vnd-microsoft-roaming-self': record =>
    `<roamingData xmlns="${SIP}/roaming-self"><categories xmlns="${SIP}/categories" uri="${record.replaceAll('&', '&amp;').replaceAll("'", '&apos;')}"/><containers xmlns="${SIP}/containers"/></roamingData>`,
};
