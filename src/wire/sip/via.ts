import type { Cursor } from './cursor.ts';
import { splitHostPort } from './host.ts';
import { readParams, type SipParams, writeParams } from './params.ts';

/** One hop on the way of a request (RFC 3261 §20.42). */
export interface Via {
  /** In capitals: `TLS`, `TCP`, `WSS`, or one nobody has heard of. */
  readonly transport: string;
  readonly host: string;
  readonly port?: number;
  readonly params: SipParams;
}

/** What a branch begins with that is unique by itself (RFC 3261 §8.1.1.7). */
export const BRANCH_COOKIE = 'z9hG4bK';

const SENT_BY = /(?:\[[0-9A-Fa-f:.]*\]|[A-Za-z0-9.-]+)(?:[ \t]*:[ \t]*[0-9]{1,5})?/y;

/** `SIP/2.0/TLS host:port;params`, with blanks wherever the grammar lets them be. */
export function readVia(cursor: Cursor): Via | undefined {
  const isSip2 = cursor.token()?.toUpperCase() === 'SIP' && cursor.take('/') && cursor.token() === '2.0';
  if (!isSip2 || !cursor.take('/')) return undefined;
  const transport = cursor.token()?.toUpperCase();
  const from = cursor.at;
  const place =
    cursor.blanks().at > from ? splitHostPort(cursor.match(SENT_BY)?.replace(/[ \t]/g, '') ?? '') : undefined;
  const params = readParams(cursor);
  if (transport === undefined || place === undefined || params === undefined) return undefined;
  return { transport, ...place, params };
}

export function writeVia({ transport, host, port, params }: Via): string {
  return `SIP/2.0/${transport} ${host}${port === undefined ? '' : `:${port}`}${writeParams(params)}`;
}

/** The branch when it names a transaction by itself; undefined for elements older than RFC 3261, and for a cookie with nothing behind it. */
export function uniqueBranch(via: Via): string | undefined {
  const branch = via.params.get('branch');
  const isUnique = branch !== undefined && branch.length > BRANCH_COOKIE.length && branch.startsWith(BRANCH_COOKIE);
  return isUnique ? branch : undefined;
}
