import { type Cursor, readList, readWhole } from './cursor.ts';
import { SINGLE } from './header-names.ts';
import type { SipHeaders } from './headers.ts';
import type { SipEssentials } from './message.ts';
import { type NameAddress, readNameAddress, readRoute } from './name-address.ts';
import { readCSeq, readMaxForwards } from './numbers.ts';
import type { SipFault } from './refusals.ts';
import { readVia, type Via } from './via.ts';

/** Which header is at fault, and how. */
export interface BadHeader {
  readonly fault: SipFault;
  readonly header: string;
}

/** RFC 3261 §25.1: word [ "@" word ] */
const CALL_ID = /^[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+(?:@[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+)?$/;
const ROUTES = ['route', 'record-route', 'path', 'service-route'];

/** Reads what every message must have, and sees that whatever routes a message is well-formed wherever it stands. */
export function readEssentials(headers: SipHeaders): SipEssentials | BadHeader {
  const repeated = repeatedOf(headers);
  if (repeated !== undefined) return { fault: 'header-repeated', header: repeated };
  for (const header of ['via', 'from', 'to', 'call-id', 'cseq'])
    if (!headers.has(header)) return { fault: 'header-missing', header };
  const malformed = malformedOf(headers);
  if (malformed !== undefined) return { fault: 'header-malformed', header: malformed };
  return {
    callId: headers.first('call-id')!,
    cseq: readCSeq(headers.first('cseq')!)!,
    from: readWhole(headers.first('from')!, readNameAddress)!,
    to: readWhole(headers.first('to')!, readNameAddress)!,
    vias: viasOf(headers)!,
  };
}

export function viasOf(headers: SipHeaders): Via[] | undefined {
  return readList(headers.all('via'), readVia);
}

/** The contacts of a message, or `*`. Undefined when one is malformed. */
export function contactsOf(headers: SipHeaders): NameAddress[] | '*' | undefined {
  const values = headers.all('contact');
  if (values.length === 1 && values[0] === '*') return '*';
  return readList(values, readNameAddress);
}

/** Route, Record-Route, Path or Service-Route, the topmost first. Undefined when one is malformed. */
export function routesOf(headers: SipHeaders, name: string): NameAddress[] | undefined {
  return readList(headers.all(name), readRoute);
}

/** Option tags and other words between commas, in lower case; undefined when there is something else among them. */
export function tokensOf(headers: SipHeaders, name: string): string[] | undefined {
  const values = headers.all(name).filter(value => value !== '');
  return readList(values, (cursor: Cursor) => cursor.token()?.toLowerCase());
}

function repeatedOf(headers: SipHeaders): string | undefined {
  const seen = new Set<string>();
  for (const { key } of headers) {
    if (SINGLE.has(key) && seen.has(key)) return key;
    seen.add(key);
  }
  return undefined;
}

function malformedOf(headers: SipHeaders): string | undefined {
  if (viasOf(headers) === undefined) return 'via';
  if (readCSeq(headers.first('cseq')!) === undefined) return 'cseq';
  if (!CALL_ID.test(headers.first('call-id')!)) return 'call-id';
  for (const name of ['from', 'to']) if (readWhole(headers.first(name)!, readNameAddress) === undefined) return name;
  const maxForwards = headers.first('max-forwards');
  if (maxForwards !== undefined && readMaxForwards(maxForwards) === undefined) return 'max-forwards';
  if (contactsOf(headers) === undefined) return 'contact';
  return ROUTES.find(name => routesOf(headers, name) === undefined);
}
