/** One-letter names (RFC 3261 §7.3.3 and the registry that followed it). */
const COMPACT: ReadonlyMap<string, string> = new Map([
  ['a', 'Accept-Contact'],
  ['b', 'Referred-By'],
  ['c', 'Content-Type'],
  ['d', 'Request-Disposition'],
  ['e', 'Content-Encoding'],
  ['f', 'From'],
  ['i', 'Call-ID'],
  ['j', 'Reject-Contact'],
  ['k', 'Supported'],
  ['l', 'Content-Length'],
  ['m', 'Contact'],
  ['n', 'Identity-Info'],
  ['o', 'Event'],
  ['r', 'Refer-To'],
  ['s', 'Subject'],
  ['t', 'To'],
  ['u', 'Allow-Events'],
  ['v', 'Via'],
  ['x', 'Session-Expires'],
  ['y', 'Identity'],
]);

/** Headers that may stand in a message once (RFC 3261 §7.3.1: their grammar is no comma list). */
export const SINGLE: ReadonlySet<string> = new Set([
  'call-id',
  'content-length',
  'content-type',
  'cseq',
  'event',
  'expires',
  'from',
  'max-forwards',
  'min-expires',
  'subscription-state',
  'to',
]);

/** A name as it is written in full: `v` is `Via`. */
export function fullHeaderName(name: string): string {
  return (name.length === 1 ? COMPACT.get(name.toLowerCase()) : undefined) ?? name;
}

/** The name headers are found by. */
export function headerKey(name: string): string {
  return fullHeaderName(name).toLowerCase();
}
