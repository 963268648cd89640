import { readUri } from '../sip/uri.ts';
import { readXml, type XmlElement } from './xml.ts';

export const MRAS_TYPE = 'application/msrtc-media-relay-auth+xml';
export const MRAS_NAMESPACE = 'http://schemas.microsoft.com/2006/09/sip/mrasp';
/** In rising order. What 3.0 adds on the wire is not known: it is served as 2.0 is (MS-AVEDGEA). */
export const MRAS_VERSIONS = ['1.0', '2.0', '3.0'] as const;

export type MrasLocation = 'intranet' | 'internet';

/** MS-AVEDGEA §2.2.2.1.2 */
export interface MrasRequest {
  readonly requestId: string;
  readonly version: string;
  readonly to: string;
  readonly from: string;
  readonly route: 'loadbalanced' | 'directip';
  readonly credentials: readonly MrasCredentialsRequest[];
}

export interface MrasCredentialsRequest {
  readonly id: string;
  /** For whom: a SIP URI. */
  readonly identity: string;
  readonly location: MrasLocation | undefined;
  readonly durationMinutes: number | undefined;
}

/** What is wrong with a request, and of what has been read of it its answer is made. */
export interface MrasRefusal {
  readonly refused: 'Request Malformed' | 'Request Too Large' | 'Version Mismatch';
  /** Undefined when nothing of it is to be believed. */
  readonly request?: Pick<MrasRequest, 'requestId' | 'version' | 'to' | 'from'>;
}

const LONGEST_ID = 64;
const MOST_REQUESTS = 100;
const MALFORMED: MrasRefusal = { refused: 'Request Malformed' };

/** Reads a request in the order of checks of MS-AVEDGEA §3.1.5: the schema, its size, the version, the URIs. */
export function readMrasRequest(body: Uint8Array): MrasRequest | MrasRefusal {
  const root = readXml(body);
  if (root === undefined || !isNamed(root, 'request')) return MALFORMED;
  const [requestId, version, to, from] = ['requestID', 'version', 'to', 'from'].map(name => root.attributes.get(name));
  const route = root.attributes.get('route') ?? 'loadbalanced';
  const credentials = root.elements.filter(one => isNamed(one, 'credentialsRequest')).map(readCredentialsRequest);
  if (!isId(requestId) || !/^[0-9]{1,5}\.[0-9]{1,5}$/.test(version ?? '') || to === undefined || from === undefined)
    return MALFORMED;
  if ((route !== 'loadbalanced' && route !== 'directip') || credentials.length === 0) return MALFORMED;
  const request = { requestId, version: version!, to, from };
  if (credentials.length > MOST_REQUESTS) return { refused: 'Request Too Large', request };
  const sound = credentials.filter(one => one !== undefined);
  if (sound.length < credentials.length) return MALFORMED;
  if (!isSupported(request.version)) return { refused: 'Version Mismatch', request };
  if (readUri(to) === undefined || readUri(from) === undefined) return MALFORMED;
  return { ...request, route, credentials: sound };
}

function isSupported(version: string): boolean {
  return (MRAS_VERSIONS as readonly string[]).includes(version);
}

function readCredentialsRequest(element: XmlElement): MrasCredentialsRequest | undefined {
  const id = element.attributes.get('credentialsRequestID');
  const [identity, location, duration] = ['identity', 'location', 'duration'].map(name => textOf(element, name));
  const minutes = duration === undefined ? undefined : minutesOf(duration);
  const isPlace = location === undefined || location === 'intranet' || location === 'internet';
  if (!isId(id) || !identity || !isPlace || minutes === 0) return undefined;
  return { id, identity, location, durationMinutes: minutes };
}

/** The text of the one element of this name; '' when there are several, which nothing accepts. */
function textOf({ elements }: XmlElement, name: string): string | undefined {
  const found = elements.filter(one => isNamed(one, name));
  return found.length > 1 ? '' : found[0]?.text;
}

/** A positive integer of any size, capped to what a number can say; 0 when it is none. */
function minutesOf(text: string): number {
  return /^\+?[0-9]{1,20}$/.test(text) ? Math.min(Number(text), Number.MAX_SAFE_INTEGER) : 0;
}

function isId(text: string | undefined): text is string {
  return text !== undefined && text !== '' && text.length <= LONGEST_ID;
}

function isNamed({ name, namespace }: XmlElement, wanted: string): boolean {
  return name === wanted && namespace === MRAS_NAMESPACE;
}
