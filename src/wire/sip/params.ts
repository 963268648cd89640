import type { Cursor } from './cursor.ts';

/** Parameters after a semicolon, by lower-case name, as written: a quoted value keeps its quotation marks. */
export type SipParams = ReadonlyMap<string, string | undefined>;

/** `;name=value;flag` up to the first thing that is none. Undefined when one is malformed or comes twice (RFC 3261 §7.3.1). */
export function readParams(cursor: Cursor): SipParams | undefined {
  const params = new Map<string, string | undefined>();
  while (cursor.take(';')) {
    const name = cursor.token()?.toLowerCase();
    if (name === undefined || params.has(name)) return undefined;
    if (!cursor.take('=')) {
      params.set(name, undefined);
      continue;
    }
    const value = cursor.quoted() ?? cursor.plainValue();
    if (value === undefined) return undefined;
    params.set(name, value);
  }
  return params;
}

export function writeParams(params: SipParams): string {
  let text = '';
  for (const [name, value] of params) text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return text;
}
