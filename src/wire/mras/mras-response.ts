import { MRAS_NAMESPACE, MRAS_VERSIONS, type MrasLocation, type MrasRequest } from './mras-request.ts';
import { xmlText } from './xml.ts';

/** MS-AVEDGEA §2.2.4.7: a closed list. */
export type MrasReason =
  | 'OK'
  | 'Request Malformed'
  | 'Request Too Large'
  | 'Not Supported'
  | 'Server Busy'
  | 'Time Out'
  | 'Forbidden'
  | 'Internal Server Error'
  | 'Other Failure'
  | 'Version Mismatch';

/** The SIP status that goes with each. The specification's own table was not at hand (ADR 17). */
export const MRAS_STATUSES: Readonly<Record<MrasReason, number>> = {
  OK: 200,
  'Request Malformed': 400,
  'Request Too Large': 413,
  'Not Supported': 501,
  'Server Busy': 503,
  'Time Out': 504,
  Forbidden: 403,
  'Internal Server Error': 500,
  'Other Failure': 500,
  'Version Mismatch': 400,
};

/** A relay as a client is told it. pidgin-sipe reads `hostName` and knows nothing of `directIPAddress`. */
export interface MrasRelay {
  readonly location: MrasLocation;
  readonly host: { readonly name: string } | { readonly ip: string };
  readonly udpPort?: number;
  readonly tcpPort?: number;
}

export interface MrasCredentials {
  /** The `credentialsRequestID` it answers. */
  readonly id: string;
  /** Both in base64. */
  readonly username: string;
  readonly password: string;
  readonly durationMinutes: number;
  readonly realm: string;
  readonly relays: readonly MrasRelay[];
}

export interface MrasResponse {
  readonly reason: MrasReason;
  readonly request?: Pick<MrasRequest, 'requestId' | 'version' | 'to' | 'from'> | undefined;
  readonly credentials?: readonly MrasCredentials[];
}

const SERVER_VERSION = MRAS_VERSIONS.at(-1)!;

export function writeMrasResponse({ reason, request, credentials = [] }: MrasResponse): Uint8Array {
  const about = request === undefined ? {} : { requestID: request.requestId, to: request.to, from: request.from };
  const version = request === undefined ? SERVER_VERSION : answeredVersion(request.version);
  // to a client of 1.0 the attribute is not to be sent (MS-AVEDGEA §3.1.5.3)
  const server = request?.version === '1.0' ? {} : { serverVersion: SERVER_VERSION };
  const attributes = { xmlns: MRAS_NAMESPACE, ...about, version, ...server, reasonPhrase: reason };
  const body = element('response', credentials.map(credentialsElement).join(''), attributes);
  return Buffer.from(`<?xml version="1.0"?>\r\n${body}`);
}

/** The request's own when we speak it, else the highest below it that we do (MS-AVEDGEA §3.1.5.2.2); below all, the lowest. */
function answeredVersion(asked: string): string {
  const below = MRAS_VERSIONS.filter(version => Number(version) <= Number(asked));
  return below.at(-1) ?? MRAS_VERSIONS[0];
}

function credentialsElement({ id, username, password, durationMinutes, realm, relays }: MrasCredentials): string {
  const own = [
    element('username', xmlText(username)),
    element('password', xmlText(password)),
    element('duration', String(durationMinutes)),
    element('realm', xmlText(realm)),
  ];
  const list = element('mediaRelayList', relays.map(relayElement).join(''));
  return element('credentialsResponse', element('credentials', own.join('')) + list, { credentialsRequestID: id });
}

function relayElement({ location, host, udpPort, tcpPort }: MrasRelay): string {
  const where = 'name' in host ? element('hostName', xmlText(host.name)) : element('directIPAddress', xmlText(host.ip));
  const port = (name: string, value: number | undefined) => (value === undefined ? '' : element(name, String(value)));
  return element(
    'mediaRelay',
    element('location', location) + where + port('udpPort', udpPort) + port('tcpPort', tcpPort),
  );
}

function element(name: string, inner: string, attributes: Readonly<Record<string, string>> = {}): string {
  const said = Object.entries(attributes).map(([key, value]) => ` ${key}="${xmlText(value)}"`);
  return inner === '' ? `<${name}${said.join('')}/>` : `<${name}${said.join('')}>${inner}</${name}>`;
}
