import type { SipFault } from './refusals.ts';
import { readUri, type Uri } from './uri.ts';

export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uriText: string; readonly uri: Uri }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

/** A start line that is at fault, and what kind it seems to be: nobody answers a response. */
export interface BadStartLine {
  readonly fault: SipFault;
  readonly kind: 'request' | 'response';
}

/** One space between the three parts and none at the end (RFC 3261 §7.1). */
const REQUEST_LINE = /^([A-Za-z0-9\-.!%*_+`'~]+) ([^ \t]+) (SIP\/[0-9]+\.[0-9]+)$/i;
const STATUS_LINE = /^(SIP\/[0-9]+\.[0-9]+) ([1-6][0-9]{2}) ([^\r\n]*)$/i;

export function readStartLine(line: string, longestUri: number): StartLine | BadStartLine {
  return /^SIP\//i.test(line) ? readStatusLine(line) : readRequestLine(line, longestUri);
}

function readStatusLine(line: string): StartLine | BadStartLine {
  const [, version = '', digits = '', reason = ''] = STATUS_LINE.exec(line) ?? [];
  if (version === '') return { kind: 'response', fault: 'start-line-malformed' };
  if (version.toUpperCase() !== 'SIP/2.0') return { kind: 'response', fault: 'version-unsupported' };
  return { kind: 'response', status: Number(digits), reason };
}

function readRequestLine(line: string, longestUri: number): StartLine | BadStartLine {
  const [, method = '', uriText = '', version = ''] = REQUEST_LINE.exec(line) ?? [];
  if (method === '') return { kind: 'request', fault: 'start-line-malformed' };
  if (version.toUpperCase() !== 'SIP/2.0') return { kind: 'request', fault: 'version-unsupported' };
  if (uriText.length > longestUri) return { kind: 'request', fault: 'uri-too-long' };
  const uri = readUri(uriText);
  // A Request-URI has no headers (RFC 3261 §19.1.1): an element that obeyed them could be made to send anything.
  if (uri === undefined || ('headers' in uri && uri.headers !== undefined))
    return { kind: 'request', fault: 'uri-malformed' };
  return { kind: 'request', method, uriText, uri };
}
