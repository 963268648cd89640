import {
  type NameAddress,
  routesOf,
  type SipHeaders,
  type SipRequest,
  type SipResponse,
  type SipUri,
  type Via,
  writeNameAddress,
  writeUri,
  writeVia,
} from '../../wire/index.ts';
import { isClaimFor } from '../digest/claim.ts';
import type { Flow } from '../flows.ts';

/** Who vouches for whom among proxies (RFC 3325); nobody outside vouches for himself. */
const TRUST_HEADERS = [
  'p-asserted-identity',
  'p-preferred-identity',
  'remote-party-id',
  'ms-user-logon-data',
  'ms-edge-proxy-message-trust',
];
const CREDENTIALS = ['authorization', 'proxy-authorization'];
/** What may begin a dialog, or a subscription within one. */
const RECORDED = ['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY'];
const FORWARDS = 70;

/** What a request becomes on its way out by one flow (RFC 3261 §16.6). */
export interface Outgoing {
  readonly flow: Flow;
  readonly branch: string;
  readonly uri?: SipUri;
  /** To go in front of the Routes that remain. */
  readonly path: readonly string[];
  /** Topmost last. Empty when no dialog can come of it. */
  readonly recordRoutes: readonly string[];
  /** Also for a Path, where a REGISTER goes on. */
  readonly pathHeaders: readonly string[];
}

export function outgoingRequest(
  request: SipRequest,
  { flow, branch, uri, path, recordRoutes, pathHeaders }: Outgoing,
): SipRequest {
  const headers = request.headers.copy();
  const via = viaFor(flow, branch);
  const maxForwards = (request.maxForwards ?? FORWARDS + 1) - 1;
  headers.prepend('Via', writeVia(via));
  headers.set('Max-Forwards', String(maxForwards));
  for (const route of [...path].reverse()) headers.prepend('Route', route);
  for (const recorded of recordRoutes) headers.prepend('Record-Route', recorded);
  for (const one of pathHeaders) headers.prepend('Path', one);
  const target = uri === undefined ? {} : { uri, uriText: writeUri(uri) };
  return { ...request, ...target, maxForwards, vias: [via, ...request.vias], headers };
}

/** What of a request is for us alone goes no further: credentials of our realm, and what only the trusted may say. */
export function cleanedRequest(
  request: SipRequest,
  realm: string,
  flow: Flow,
  asserted: string | undefined,
): SipRequest {
  const clean = withoutVouching(request, flow);
  const { headers } = clean;
  for (const name of CREDENTIALS) {
    const kept = headers.all(name).filter(value => !isClaimFor(value, realm));
    if (kept.length > 0) headers.set(name, ...kept);
    else headers.remove(name);
  }
  if (asserted !== undefined) headers.set('P-Asserted-Identity', `<${asserted}>`);
  return clean;
}

/** Strangers vouch for nobody: a server further in believes these headers because they come from us. */
export function withoutVouching(request: SipRequest, flow: Flow): SipRequest {
  const headers = request.headers.copy();
  for (const name of distrusted(flow)) headers.remove(name);
  return { ...request, headers };
}

/** What a partner asserts of its own users has been looked at by then; the rest is for servers inside. */
function distrusted({ isTrusted, side }: Flow): readonly string[] {
  if (isTrusted) return [];
  return side === 'partner' ? TRUST_HEADERS.filter(name => name !== 'p-asserted-identity') : TRUST_HEADERS;
}

/** A response on its way back, without our own Via (RFC 3261 §16.7, step 3); undefined when there is nobody further back. */
export function returningResponse(response: SipResponse): SipResponse | undefined {
  const vias = response.vias.slice(1);
  if (vias.length === 0) return undefined;
  const headers = response.headers.copy();
  headers.set('Via', ...vias.map(writeVia));
  return { ...response, vias, headers };
}

/** What came in, with whence it came in its Via (RFC 3261 §18.2.1, RFC 3581 §4). */
export function arrivedRequest(request: SipRequest, { remote }: Flow): SipRequest {
  const [top, ...rest] = request.vias;
  const params = new Map(top!.params);
  const sentBy = top!.host.replace(/^\[(.*)\]$/, '$1');
  const hasRport = params.has('rport');
  if (sentBy === remote.host && !hasRport && !params.has('received')) return request;
  params.delete('received');
  if (sentBy !== remote.host || hasRport) params.set('received', remote.host);
  if (hasRport) params.set('rport', String(remote.port));
  const vias = [{ ...top!, params }, ...rest];
  const headers = request.headers.copy();
  headers.set('Via', ...vias.map(writeVia));
  return { ...request, vias, headers };
}

export function withoutFirstRoutes(request: SipRequest, routes: readonly NameAddress[]): SipRequest {
  const headers = request.headers.copy();
  if (routes.length === 0) headers.remove('route');
  else headers.set('Route', ...routes.map(writeNameAddress));
  return { ...request, headers };
}

export function routesIn(headers: SipHeaders): NameAddress[] {
  return routesOf(headers, 'route')!; // the codec has seen to it
}

export function isRecorded({ method, to }: SipRequest): boolean {
  return RECORDED.includes(method) && !to.params.has('tag');
}

export function viaFor(flow: Flow, branch: string): Via {
  const { transport, local } = flow;
  return { transport, host: local.host, port: local.port, params: new Map([['branch', branch]]) };
}

/** `ws` stands for both kinds of WebSocket (RFC 7118 §5.1). `;lr` is what pidgin-sipe looks for, letter by letter. */
export function recordRouteFor({ transport, local }: Flow, token: string): string {
  const name = transport === 'WSS' ? 'ws' : transport.toLowerCase();
  return `<sip:${token}@${local.host}:${local.port};transport=${name};lr>`;
}
