import { isUtf8 } from 'node:buffer';
import { readEssentials } from './essentials.ts';
import { SipHeaders } from './headers.ts';
import type { SipLimits } from './limits.ts';
import { NO_BODY, type SipMessage } from './message.ts';
import { readLength, readMaxForwards } from './numbers.ts';
import { SIP_FAULTS, type SipFault, type SipRefusal } from './refusals.ts';
import { type BadStartLine, readStartLine, type StartLine } from './start-line.ts';

/** A head and the length its body is to have; undefined where the message does not say. */
export interface SipHead {
  /** Without its body yet. */
  readonly message: SipMessage | SipRefusal;
  readonly contentLength: number | undefined;
}

const CR = 0x0d;
const LF = 0x0a;
const TAB = 0x09;
const BACKSLASH = 0x5c;
const HEADER_LINE = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t]*:([\s\S]*)$/;

/** Reads bytes[start, end), a start line and headers up to and with the empty line. */
export function readHead(bytes: Uint8Array, start: number, end: number, limits: SipLimits): SipHead | SipRefusal {
  const fault = end - start > limits.head ? 'head-too-long' : octetFault(bytes, start, end);
  if (fault !== undefined) return silent(fault);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start - 4).toString('utf8');
  const [first = '', ...lines] = unfolded(text);
  const startLine = readStartLine(first, limits.uri);
  if (lines.length > limits.headerLines) return silent('too-many-headers');
  const headers = headersOf(lines);
  const refuse = (why: SipFault, header?: string) => refusal(why, header, startLine, headers.read);
  const contentLength = contentLengthOf(headers.read);
  if (typeof contentLength === 'string') return refuse(contentLength, 'content-length');
  if ((contentLength ?? 0) > limits.body) return refuse('body-too-long', 'content-length');
  if ('fault' in startLine) return { message: refuse(startLine.fault), contentLength };
  if (headers.hasMalformed) return { message: refuse('header-malformed'), contentLength };
  return { message: messageOf(startLine, headers.read, refuse), contentLength };
}

/** Where the empty line ends that closes a head, looking from `from` on; -1 while there is none. */
export function endOfHead(bytes: Uint8Array, from: number, end: number): number {
  const there = bytes.subarray(0, end); // what is held behind it may be much longer
  for (let at = there.indexOf(CR, from); at >= 0 && at + 4 <= end; at = there.indexOf(CR, at + 1)) {
    if (there[at + 1] === LF && there[at + 2] === CR && there[at + 3] === LF) return at + 4;
  }
  return -1;
}

/** A refusal that nobody hears of. */
export function silent(fault: SipFault): SipRefusal {
  return { kind: 'refused', fault, code: 0 };
}

/** An answer needs a Via to find its way; a response, an ACK and what cannot be told from them get none (RFC 3261 §8.2.6, §17.1.1.3). */
export function refusal(
  fault: SipFault,
  header: string | undefined,
  startLine: { readonly kind: 'request' | 'response'; readonly method?: string },
  headers: SipHeaders,
): SipRefusal {
  const what = header === undefined ? {} : { header };
  const isAck = startLine.method === 'ACK' || /\sACK$/.test(headers.first('cseq') ?? '');
  if (startLine.kind === 'response' || isAck || !headers.has('via'))
    return { kind: 'refused', fault, code: 0, ...what };
  return { kind: 'refused', fault, code: SIP_FAULTS[fault].code, headers, ...what };
}

/** CR and LF stand together and nowhere alone; other control characters stand only behind a backslash, as a quoted pair (RFC 3261 §25.1). */
function octetFault(bytes: Uint8Array, start: number, end: number): SipFault | undefined {
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!;
    if (octet >= 0x20 && octet !== 0x7f) continue;
    if (octet === TAB) continue;
    if (octet === CR && bytes[at + 1] === LF && at + 1 < end) at++;
    else if (octet === CR || octet === LF) return 'line-ending';
    else if (at === start || bytes[at - 1] !== BACKSLASH) return 'control-character';
  }
  return isUtf8(bytes.subarray(start, end)) ? undefined : 'not-utf-8';
}

/** A line that begins with a blank goes on from the one before it (RFC 3261 §7.3.1). By hand: expressions over runs of blanks take their square. */
function unfolded(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.split('\r\n')) {
    if (lines.length > 0 && (line.startsWith(' ') || line.startsWith('\t')))
      lines.push(`${withoutBlanks(lines.pop()!)} ${withoutBlanks(line)}`);
    else lines.push(line);
  }
  return lines;
}

function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start++;
  while (end > start && isBlank(text, end - 1)) end--;
  return text.slice(start, end);
}

function isBlank(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === '\t';
}

function headersOf(lines: readonly string[]): { read: SipHeaders; hasMalformed: boolean } {
  const read = new SipHeaders();
  let hasMalformed = false;
  for (const line of lines) {
    const [, name = '', value = ''] = HEADER_LINE.exec(line) ?? [];
    if (name === '') hasMalformed = true;
    else read.add(name, withoutBlanks(value));
  }
  return { read, hasMalformed };
}

/** Two lengths, even equal ones, are what request smuggling is made of. */
function contentLengthOf(headers: SipHeaders): number | undefined | SipFault {
  const values = headers.all('content-length');
  if (values.length > 1) return 'content-length-repeated';
  if (values[0] === undefined) return undefined;
  return readLength(values[0]) ?? 'content-length-malformed';
}

function messageOf(
  startLine: Exclude<StartLine, BadStartLine>,
  headers: SipHeaders,
  refuse: (why: SipFault, header?: string) => SipRefusal,
): SipMessage | SipRefusal {
  const essentials = readEssentials(headers);
  if ('fault' in essentials) return refuse(essentials.fault, essentials.header);
  if (startLine.kind === 'response') return { ...startLine, ...essentials, headers, body: NO_BODY };
  // RFC 3261 §8.1.1.5
  if (essentials.cseq.method !== startLine.method) return refuse('cseq-method-mismatch', 'cseq');
  const maxForwards = headers.first('max-forwards');
  const forwards = maxForwards === undefined ? {} : { maxForwards: readMaxForwards(maxForwards)! };
  return { ...startLine, ...essentials, ...forwards, headers, body: NO_BODY };
}
