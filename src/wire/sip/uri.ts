import { splitHostPort } from './host.ts';
import { type SipParams, writeParams } from './params.ts';

/** A `sip:` or `sips:` URI (RFC 3261 §19.1). User, password, parameters and headers are as written, escapes and all. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  readonly user?: string;
  readonly password?: string;
  /** In lower case; an IPv6 address in brackets. */
  readonly host: string;
  readonly port?: number;
  readonly params: SipParams;
  /** What stands behind the question mark: headers for a request made from this URI. */
  readonly headers?: string;
}

/** A URI of a scheme we do not route. */
export interface OtherUri {
  readonly scheme: string;
  readonly opaque: string;
}
export type Uri = SipUri | OtherUri;

const SCHEME = /^([A-Za-z][A-Za-z0-9+\-.]*):/;
const USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-Fa-f]{2})+$/;
const PASSWORD = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,]|%[0-9A-Fa-f]{2})*$/;
const PARAM_PART = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+$/;
const HEADERS = /^(?:[A-Za-z0-9\-_.!~*'()[\]/?:+$&=]|%[0-9A-Fa-f]{2})+$/;
/** RFC 3986 §2: what may stand in a URI at all. */
const OPAQUE = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/:@[\]#]|%[0-9A-Fa-f]{2})+$/;

/** A URI from its first character to its last, or undefined. */
export function readUri(text: string): Uri | undefined {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return undefined;
  const rest = text.slice(scheme.length + 1);
  if (scheme === 'sip' || scheme === 'sips') return readSipUri(scheme, rest);
  return OPAQUE.test(rest) ? { scheme, opaque: rest } : undefined;
}

export function isSipUri(uri: Uri): uri is SipUri {
  return 'host' in uri;
}

export function writeUri(uri: Uri): string {
  if (!isSipUri(uri)) return `${uri.scheme}:${uri.opaque}`;
  const { scheme, user, password, host, port, params, headers } = uri;
  const who = user === undefined ? '' : `${user}${password === undefined ? '' : `:${password}`}@`;
  const where = port === undefined ? host : `${host}:${port}`;
  return `${scheme}:${who}${where}${writeParams(params)}${headers === undefined ? '' : `?${headers}`}`;
}

/** An at sign stands only between who and where: everything after the first belongs to where, and may hold none. */
function readSipUri(scheme: 'sip' | 'sips', rest: string): SipUri | undefined {
  const at = rest.indexOf('@');
  const who = at < 0 ? {} : readUserInfo(rest.slice(0, at));
  const where = rest.slice(at + 1);
  const question = where.indexOf('?');
  const headers = question < 0 ? undefined : where.slice(question + 1);
  const [hostPort = '', ...paramTexts] = (question < 0 ? where : where.slice(0, question)).split(';');
  const place = splitHostPort(hostPort);
  const params = readUriParams(paramTexts);
  if (who === undefined || place === undefined || params === undefined) return undefined;
  if (headers !== undefined && !HEADERS.test(headers)) return undefined;
  return { scheme, ...who, ...place, params, ...(headers === undefined ? {} : { headers }) };
}

function readUserInfo(text: string): { user: string; password?: string } | undefined {
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  if (!USER.test(user)) return undefined;
  if (colon < 0) return { user };
  const password = text.slice(colon + 1);
  return PASSWORD.test(password) ? { user, password } : undefined;
}

function readUriParams(texts: readonly string[]): SipParams | undefined {
  const params = new Map<string, string | undefined>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = (equals < 0 ? text : text.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? undefined : text.slice(equals + 1);
    if (!PARAM_PART.test(name) || params.has(name)) return undefined;
    if (value !== undefined && !PARAM_PART.test(value)) return undefined;
    params.set(name, value);
  }
  return params;
}
