import { isSipUri, readUri, sipDomain } from '../../wire/index.ts';

/** `DNS:sip.partner.test, URI:sip:partner.test`; a value with anything unusual in it stands in quotes, as JSON has them. */
const ENTRY = /(?:^|, )([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^,"]*)/gy;

/**
 * The SIP domains that a certificate speaks for, in lower case and as A-labels (RFC 5922 §7.1), from its subjectAltName as Node.js
 * writes it. `sip:` URIs without a user come first; DNS names count only where there is no such URI. The common name never does:
 * it may, only without a subjectAltName, and no authority has made such a certificate for years.
 */
export function certificateNames(subjectAltName: string | undefined): string[] {
  const entries = entriesOf(subjectAltName ?? '');
  const uris = entries.filter(({ kind }) => kind === 'URI').flatMap(({ value }) => domainOfUri(value));
  return uris.length > 0 ? uris : entries.filter(({ kind }) => kind === 'DNS').flatMap(({ value }) => plain(value));
}

function plain(text: string): string[] {
  const domain = sipDomain(text);
  return domain === undefined ? [] : [domain];
}

/** A `sips:` URI is none, and one with a user is a person's. */
function domainOfUri(text: string): string[] {
  const uri = readUri(text);
  return uri !== undefined && isSipUri(uri) && uri.scheme === 'sip' && uri.user === undefined ? plain(uri.host) : [];
}

/** All or nothing: of a text that can't be followed to its end nobody knows what it says. */
function entriesOf(text: string): { kind: string; value: string }[] {
  const found = [...text.matchAll(ENTRY)];
  if (found.map(([all]) => all).join('') !== text) return [];
  return found.map(([, kind = '', value = '']) => ({ kind, value: unquoted(value) }));
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return '';
  }
}
