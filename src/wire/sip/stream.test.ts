import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSipFrame, SIP_LIMITS, type SipArrival, SipStreamReader } from '../index.ts';

const BINDING = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');

test('messages, keep-alives and STUN come out in their order, however the stream is split', () => {
  const session = Buffer.concat([
    Buffer.from('\r\n\r\n'),
    message('first', 'hello'),
    BINDING,
    Buffer.from('\r\n'),
    message('second', ''),
    message('third', '\r\n\r\n\0'),
    Buffer.from('\r\n'),
  ]);
  const expected = ['pong', 'ping', 'first hello', 'stun', 'pong', 'second ', 'third \r\n\r\n\0', 'pong'];
  expect(saidOf(new SipStreamReader().push(session))).toEqual(expected);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), sizes => {
      expect(inPieces(session, sizes)).toEqual(expected);
    }),
    { seed: 7, numRuns: 200 },
  );
});

test('CRLFCRLF is a ping, also when its halves come apart; one CRLF is the answer to one', () => {
  const reader = new SipStreamReader();
  expect(saidOf(reader.push(Buffer.from('\r')))).toEqual([]);
  expect(saidOf(reader.push(Buffer.from('\n')))).toEqual(['pong']);
  expect(saidOf(reader.push(Buffer.from('\r\n')))).toEqual(['ping']);
  expect(saidOf(reader.push(Buffer.from('\r\n')))).toEqual(['pong']);
});

describe('what ends a stream', () => {
  test.each([
    ['content-length-missing', text('x').replace(/Content-Length: 1\r\n/, '')],
    ['content-length-repeated', text('x').replace('Content-Length: 1', 'Content-Length: 1\r\nl: 1')],
    ['content-length-malformed', text('x').replace('Content-Length: 1', 'Content-Length: +1')],
    ['content-length-malformed', text('x').replace('Content-Length: 1', 'Content-Length: 1, 1')],
    ['content-length-malformed', text('x').replace('Content-Length: 1', 'Content-Length: 0x1')],
    ['body-too-long', text('x').replace('Content-Length: 1', 'Content-Length: 65536')],
    ['line-ending', text('x').replace('Max-Forwards: 70\r\n', 'Max-Forwards: 70\n')],
    ['line-ending', text('x').replace('Max-Forwards: 70\r\n', 'Max-Forwards: 70\r')],
    ['line-ending', '\n'],
    ['line-ending', '\r\r'],
    ['control-character', text('x').replace('Max-Forwards', 'Max\0Forwards')],
    ['control-character', text('x').replace('70', '7\u007f0')],
    ['control-character', '\0\u0001\0\0not the magic cookie'],
    ['head-too-long', `OPTIONS sip:example.test SIP/2.0\r\n${'X: y\r\n'.repeat(4000)}`],
    ['head-too-long', 'y'.repeat(SIP_LIMITS.head)],
    ['too-many-headers', text('x').replace('\r\n\r\n', `\r\n${'X: y\r\n'.repeat(200)}\r\n`)],
  ])('%s', (fault, bytes) => {
    const reader = new SipStreamReader();
    expect(reader.push(Buffer.from(bytes))).toMatchObject([{ kind: 'refused', fault }]);
    expect(reader.hasEnded).toBe(true);
    expect(reader.capacity).toBe(0);
    expect(reader.push(message('again', ''))).toEqual([]);
  });

  test('bytes that are no UTF-8', () => {
    const bytes = message('x', '');
    bytes[bytes.indexOf('70')] = 0xff;
    expect(new SipStreamReader().push(bytes)).toMatchObject([{ fault: 'not-utf-8' }]);
  });
});

test('a message at fault does not end the stream as long as its end is known', () => {
  const bytes = Buffer.concat([Buffer.from(text('x').replace('CSeq: 1', 'CSeq: one')), message('next', '')]);
  expect(new SipStreamReader().push(bytes)).toMatchObject([
    { kind: 'refused', fault: 'header-malformed', header: 'cseq', code: 400 },
    { kind: 'request', callId: 'next' },
  ]);
});

test('what is held grows with the bytes received, never with the length promised, and is given back', () => {
  const reader = new SipStreamReader();
  const bytes = message('big', 'x'.repeat(60_000));
  expect(reader.push(bytes.subarray(0, 1000))).toEqual([]);
  expect(reader.isMidway).toBe(true);
  expect(reader.capacity).toBeLessThanOrEqual(2000);
  expect(reader.push(bytes.subarray(1000))).toHaveLength(1);
  expect(reader).toMatchObject({ isMidway: false, capacity: 0 });
});

test('a head that drips in costs one look at each byte', () => {
  const reader = new SipStreamReader({ ...SIP_LIMITS, head: 1 << 20 });
  const bytes = Buffer.from(`OPTIONS sip:example.test SIP/2.0\r\nX: ${'y'.repeat(500_000)}`);
  const startedAt = performance.now();
  for (let at = 0; at < bytes.length; at += 10) reader.push(bytes.subarray(at, at + 10));
  expect(performance.now() - startedAt).toBeLessThan(2000);
});

test.each([
  ['blanks', 'Subject: a', ' '],
  ['folds', 'Subject: a', '\r\n '],
  ['words of a display name', 'Contact: a', 'a '],
  ['quotation marks', 'Contact: ', '"'],
  ['backslashes', 'Contact: "', '\\\\'],
  ['semicolons', 'Contact: <sip:a@b>', ' ; '],
  ['parameters', 'Contact: <sip:a@b>', ';a'],
  ['routes', 'Route: <sip:a>', ',<sip:a>'],
  ['Vias', 'Via: SIP/2.0/TLS a', ',SIP/2.0/TLS a'],
  ['dots', 'Contact: <sip:a', '.a'],
  ['escapes', 'Contact: <sip:', '%61'],
  ['equals', 'Contact: <sip:a;', 'a=;'],
  ['blanks before a colon', 'Via: SIP/2.0/TLS a', ' '],
])('%s up to the limit cost no more than the others', (_, start, more) => {
  const head = text('').replace('Max-Forwards', `${start}${more.repeat(15_000 / more.length)}\r\nMax-Forwards`);
  const startedAt = performance.now();
  expect(new SipStreamReader().push(Buffer.from(head))).toHaveLength(1);
  expect(performance.now() - startedAt).toBeLessThan(200);
});

describe('a WebSocket message', () => {
  test('is one SIP message, with or without a length', () => {
    const without = Buffer.from(text('x').replace(/Content-Length: 1\r\n/, ''));
    expect(readSipFrame(without)).toMatchObject({ kind: 'request', body: Uint8Array.of(0x78) });
    expect(readSipFrame(Buffer.from(text('x')))).toMatchObject({ kind: 'request' });
  });

  test('whose length is not what it has is refused', () => {
    expect(readSipFrame(Buffer.from(`${text('x')}y`))).toMatchObject({ fault: 'content-length-mismatch', code: 400 });
    expect(readSipFrame(Buffer.from(text('x').slice(0, -1)))).toMatchObject({ fault: 'content-length-mismatch' });
    const without = text('').replace(/Content-Length: 0\r\n/, '');
    expect(readSipFrame(Buffer.from(without + 'x'.repeat(70_000)))).toMatchObject({
      fault: 'body-too-long',
      code: 413,
    });
  });

  test('may be a keep-alive', () => {
    expect(readSipFrame(Buffer.from('\r\n\r\n'))).toEqual({ kind: 'ping' });
    expect(readSipFrame(Buffer.from('\r\n'))).toEqual({ kind: 'pong' });
  });

  test('that is no whole head is refused', () => {
    expect(readSipFrame(Buffer.from('OPTIONS'))).toMatchObject({ fault: 'unfinished-head', code: 0 });
    expect(readSipFrame(Buffer.alloc(20_000, 'x'))).toMatchObject({ fault: 'head-too-long' });
    expect(readSipFrame(new Uint8Array(0))).toMatchObject({ fault: 'unfinished-head' });
  });
});

function text(body: string, callId = 'a'): string {
  return [
    'OPTIONS sip:example.test SIP/2.0',
    'Via: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bK1',
    'Max-Forwards: 70',
    'From: <sip:alice@example.test>;tag=1',
    'To: <sip:example.test>',
    `Call-ID: ${callId}`,
    'CSeq: 1 OPTIONS',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

function message(callId: string, body: string): Buffer {
  return Buffer.from(text(body, callId));
}

function inPieces(bytes: Uint8Array, sizes: readonly number[]): string[] {
  const reader = new SipStreamReader();
  const arrivals: SipArrival[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    arrivals.push(...reader.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return saidOf(arrivals);
}

function saidOf(arrivals: readonly SipArrival[]): string[] {
  return arrivals.map(one => {
    if (one.kind === 'refused') return one.fault;
    return 'callId' in one ? `${one.callId} ${Buffer.from(one.body).toString()}` : one.kind;
  });
}
