import {
  addressOfRecord,
  isSameUri,
  isSipUri,
  type Millis,
  readUri,
  type SipRequest,
  type Uri,
} from '../../wire/index.ts';
import {
  MRAS_STATUSES,
  MRAS_TYPE,
  type MrasCredentials,
  type MrasLocation,
  type MrasReason,
  type MrasRelay,
  type MrasRequest,
  readMrasRequest,
  writeMrasResponse,
} from '../../wire/mras/index.ts';
import type { AuthenticRequest, LocalAnswer } from '../questions.ts';

/** No credential lives longer, whatever is asked for. */
export const MRAS_MOST_MINUTES = 480;

/** A credential as it was minted: base64 texts, and how long it really lives. */
export interface MintedRelayCredential {
  readonly username: string;
  readonly password: string;
  readonly durationMinutes: number;
}

/** What MRAS asks of the rest of the edge. */
export interface MrasQuestions {
  /** For the user of this address of record. Undefined: there is no secret to mint with. */
  mint(record: string, location: MrasLocation, durationMinutes: number, now: Millis): MintedRelayCredential | undefined;
  /** The relays for this location, or all. */
  relays(location: MrasLocation | undefined, route: MrasRequest['route']): readonly MrasRelay[];
}

export interface MrasSettings {
  /** Where clients send SERVICE, as provisioning tells them. */
  readonly uri: string;
  readonly realm: string;
}

/** The A/V authentication service (MS-AVEDGEA): credentials for the relay, for the user who has signed in. */
export class MrasService {
  readonly #uri: Uri;
  readonly #settings: MrasSettings;
  readonly #questions: MrasQuestions;

  constructor(settings: MrasSettings, questions: MrasQuestions) {
    const uri = readUri(settings.uri);
    if (uri === undefined) throw new Error('the MRAS URI is no URI');
    this.#uri = uri;
    this.#settings = settings;
    this.#questions = questions;
  }

  /** The answer to a request for the service's URI; undefined when it is for somebody else. The checks stand in the order of MS-AVEDGEA §3.1.5. */
  serve(authentic: AuthenticRequest, now: Millis): LocalAnswer | undefined {
    const { request } = authentic;
    if (!isSameUri(request.uri, this.#uri)) return undefined;
    if (request.method !== 'SERVICE') return { status: 405, headers: [['Allow', 'SERVICE']] };
    if (mediaType(request) !== MRAS_TYPE) return { status: 415, headers: [['Accept', MRAS_TYPE]] };
    const asked = readMrasRequest(request.body);
    if ('refused' in asked) return said(asked.refused, asked.request);
    const granted = this.#grant(asked, authentic, now);
    return typeof granted === 'string' ? said(granted, asked) : said('OK', asked, granted);
  }

  #grant(asked: MrasRequest, authentic: AuthenticRequest, now: Millis): MrasCredentials[] | MrasReason {
    const records = asked.credentials.map(({ identity }) => recordOf(identity));
    if (records.includes(undefined)) return 'Request Malformed';
    if (![recordOf(asked.from), ...records].every(record => mayAskFor(authentic, record!))) return 'Forbidden';
    const granted: MrasCredentials[] = [];
    for (const [i, one] of asked.credentials.entries()) {
      const location = locationFor(one.location, authentic);
      const relays = this.#questions.relays(location, asked.route);
      if (relays.length === 0) return 'Not Supported';
      const minutes = Math.min(one.durationMinutes ?? MRAS_MOST_MINUTES, MRAS_MOST_MINUTES);
      const side = location ?? (authentic.flow.side === 'internal' ? 'intranet' : 'internet');
      const minted = this.#questions.mint(records[i]!, side, minutes, now);
      if (minted === undefined) return 'Internal Server Error';
      granted.push({ id: one.id, realm: this.#settings.realm, relays, ...minted });
    }
    return granted;
  }
}

/** From the error on, a body goes with every answer (MS-AVEDGEA §3.1.5). */
function said(
  reason: MrasReason,
  request: Parameters<typeof writeMrasResponse>[0]['request'],
  credentials: readonly MrasCredentials[] = [],
): LocalAnswer {
  const body = writeMrasResponse({ reason, request, credentials });
  const retry = reason === 'Server Busy' ? [['Retry-After', '30'] as const] : [];
  return { status: MRAS_STATUSES[reason], headers: [['Content-Type', MRAS_TYPE], ...retry], body };
}

/** For himself, under any of his addresses; a server inside asks for its own users. Who comes from outside is outside, whatever he says. */
function mayAskFor({ user, flow }: AuthenticRequest, record: string): boolean {
  return user === undefined
    ? flow.isTrusted && flow.side === 'internal'
    : user.record === record || user.aliases.includes(record);
}

function locationFor(asked: MrasLocation | undefined, { flow }: AuthenticRequest): MrasLocation | undefined {
  return flow.side === 'internal' ? asked : 'internet';
}

function recordOf(text: string): string | undefined {
  const uri = readUri(text);
  return uri !== undefined && isSipUri(uri) ? addressOfRecord(uri) : undefined;
}

function mediaType({ headers }: SipRequest): string {
  return (headers.first('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
}
