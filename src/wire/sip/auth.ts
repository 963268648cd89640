import { Cursor, unquote } from './cursor.ts';

/** A challenge or the answer to one: a scheme and its parameters, by lower-case name, without quotation marks (RFC 3261 §25.1). */
export interface AuthValue {
  /** In lower case. */
  readonly scheme: string;
  readonly params: ReadonlyMap<string, string>;
}

/** Reads one Authorization, Proxy-Authorization, WWW-Authenticate or Proxy-Authenticate. Undefined when it is none or says something twice. */
export function readAuth(value: string): AuthValue | undefined {
  const cursor = new Cursor(value);
  const scheme = cursor.token()?.toLowerCase();
  if (scheme === undefined) return undefined;
  const params = new Map<string, string>();
  cursor.blanks();
  do {
    const name = cursor.token()?.toLowerCase();
    if (name === undefined || params.has(name) || !cursor.take('=')) return undefined;
    const said = cursor.quoted() ?? cursor.match(UNQUOTED);
    if (said === undefined) return undefined;
    params.set(name, unquote(said));
  } while (cursor.take(','));
  return cursor.isAtEnd ? { scheme, params } : undefined;
}

/** Base64 among it: some schemes leave it bare. */
const UNQUOTED = /[A-Za-z0-9\-.!%*_+`'~:/=[\]]+/y;
