import { isSipUri, type SipUri, type Uri, writeUri } from './uri.ts';

/** Parameters that make two URIs different when only one of them has it (RFC 3261 §19.1.4). */
const TELLING = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** Whether two URIs are the same under the rules of RFC 3261 §19.1.4: what one says and the other does not seldom matters. */
export function isSameUri(a: Uri, b: Uri): boolean {
  if (!isSipUri(a) || !isSipUri(b)) return !isSipUri(a) && !isSipUri(b) && writeUri(a) === writeUri(b);
  return isSamePlace(a, b) && areSameParams(a, b) && areSameHeaders(a.headers, b.headers);
}

/** `%61` is `a`; what must stay escaped is compared with its hexadecimal digits in capitals. */
export function unescapeUser(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (written, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9\-_.!~*'()]/.test(character) ? character : written.toUpperCase();
  });
}

/** Whom a URI names, whatever else it says: `sip:user@host`, the key of a registration (RFC 3261 §10.3, step 5). */
export function addressOfRecord(uri: SipUri): string {
  return uri.user === undefined ? `sip:${uri.host}` : `sip:${unescapeUser(uri.user)}@${uri.host}`;
}

function isSamePlace(a: SipUri, b: SipUri): boolean {
  const same = a.scheme === b.scheme && a.host === b.host && a.port === b.port;
  return same && isSameText(a.user, b.user) && isSameText(a.password, b.password);
}

function isSameText(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined ? a === b : unescapeUser(a) === unescapeUser(b);
}

function areSameParams(a: SipUri, b: SipUri): boolean {
  if (TELLING.some(name => a.params.has(name) !== b.params.has(name))) return false;
  for (const [name, value] of a.params) {
    if (!b.params.has(name)) continue;
    if (canonical(value) !== canonical(b.params.get(name))) return false;
  }
  return true;
}

function areSameHeaders(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const sorted = (text: string) =>
    text
      .split('&')
      .map(folded)
      .toSorted((x, y) => (x < y ? -1 : 1))
      .join('&');
  return sorted(a) === sorted(b);
}

function canonical(text: string | undefined): string | undefined {
  return text === undefined ? undefined : folded(text);
}

function folded(text: string): string {
  return unescapeUser(text).toLowerCase();
}
