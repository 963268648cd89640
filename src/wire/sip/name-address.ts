import type { Cursor } from './cursor.ts';
import { quote, unquote } from './cursor.ts';
import { readParams, type SipParams, writeParams } from './params.ts';
import { readUri, type Uri, writeUri } from './uri.ts';

/** From, To, Contact, Route and their kin: a URI, perhaps a name to show, and parameters of the header (RFC 3261 §20.10). */
export interface NameAddress {
  /** Without quotation marks. */
  readonly display?: string;
  readonly uri: Uri;
  readonly params: SipParams;
}

const BETWEEN_BRACKETS = /<[^<>\s"]*>/y;
/** Without brackets a URI ends where its first parameter would begin: a comma, semicolon or question mark wants them (RFC 3261 §20). */
const BARE_URI = /[^<>\s",;?]+/y;
/** Words before a bracket. One class for words and blanks: a repeated repetition would backtrack for ever. */
const DISPLAY = /[A-Za-z0-9\-.!%*_+`'~ \t]*(?=<)/y;

/** `"Name" <uri>;params`, `Name <uri>` or `uri;params`. */
export function readNameAddress(cursor: Cursor): NameAddress | undefined {
  const quoted = cursor.quoted();
  const plain = quoted === undefined ? cursor.match(DISPLAY)?.trim() : undefined;
  const uri = readAddress(cursor.blanks(), quoted !== undefined || plain !== undefined);
  if (uri === undefined) return undefined;
  const params = readParams(cursor);
  if (params === undefined || cursor.next === '?') return undefined;
  const display = quoted === undefined ? plain : unquote(quoted);
  return { uri, params, ...(display ? { display } : {}) };
}

/** A Route or one of its kin: brackets are not optional there (RFC 3261 §20.34). */
export function readRoute(cursor: Cursor): NameAddress | undefined {
  const from = cursor.at;
  const route = readNameAddress(cursor);
  return cursor.text.slice(from, cursor.at).includes('<') ? route : undefined;
}

export function writeNameAddress({ display, uri, params }: NameAddress): string {
  const name = display === undefined ? '' : `${quote(display)} `;
  return `${name}<${writeUri(uri)}>${writeParams(params)}`;
}

function readAddress(cursor: Cursor, mustHaveBrackets: boolean): Uri | undefined {
  const bracketed = cursor.match(BETWEEN_BRACKETS);
  if (bracketed !== undefined) return readUri(bracketed.slice(1, -1));
  const bare = mustHaveBrackets ? undefined : cursor.match(BARE_URI);
  return bare === undefined ? undefined : readUri(bare);
}
