import { describe, expect, test } from 'vitest';
import {
  contactsOf,
  quote,
  readAuth,
  readCSeq,
  readDeltaSeconds,
  readLength,
  readList,
  readMaxForwards,
  readNameAddress,
  readVia,
  readWhole,
  routesOf,
  SipHeaders,
  tokensOf,
  unquote,
  writeNameAddress,
  writeVia,
} from '../index.ts';

describe('names and addresses', () => {
  test.each([
    ['<sip:a@b>', undefined, 'sip:a@b', []],
    ['sip:a@b;tag=x', undefined, 'sip:a@b', [['tag', 'x']]],
    ['Alice <sip:a@b;lr>;tag=x', 'Alice', 'sip:a@b;lr', [['tag', 'x']]],
    ['A. B. C  <sip:a@b>', 'A. B. C', 'sip:a@b', []],
    ['"A, \\"B\\" <x>"<sip:a@b>', 'A, "B" <x>', 'sip:a@b', []],
    ['"" <sip:a@b>', undefined, 'sip:a@b', []],
    ['<tel:+1>;+sip.instance="<urn:uuid:1>"', undefined, 'tel:+1', [['+sip.instance', '"<urn:uuid:1>"']]],
    [
      '<sip:a@b> ; a = b ; c',
      undefined,
      'sip:a@b',
      [
        ['a', 'b'],
        ['c', undefined],
      ],
    ],
  ])('%s', (text, display, uri, params) => {
    const read = readWhole(text, readNameAddress)!;
    expect(read.display).toBe(display);
    expect([...read.params]).toEqual(params);
    expect(writeNameAddress(read)).toContain(`<${uri}>`);
    expect(readWhole(writeNameAddress(read), readNameAddress)).toEqual(read);
  });

  test.each([
    '',
    '<>',
    '<sip:a@b',
    'sip:a@b>',
    '<<sip:a@b>>',
    '"x <sip:a@b>',
    'a, b <sip:a@b>',
    '< sip:a@b>',
    '<sip:a@b >',
    '<sip:a@b>;tag=1;TAG=2',
    '<sip:a@b>;',
    '<sip:a@b>;;x',
    '<sip:a@b>x',
    'sip:a@b?Route=x',
    '<sip:a@b>;x=',
    '<sip:a@b>;x="',
    'Ünal <sip:a@b>',
    '<nobody>',
  ])('refuses %s', text => expect(readWhole(text, readNameAddress)).toBeUndefined());

  test('contacts are a list or a star, over several lines', () => {
    const headers = SipHeaders.of([
      ['m', '<sip:a@b>;q=0.5, "x, y" <sip:c@d>'],
      ['Contact', 'sip:e@f'],
    ]);
    expect(contactsOf(headers)).toHaveLength(3);
    expect(contactsOf(SipHeaders.of([['Contact', '*']]))).toBe('*');
    expect(
      contactsOf(
        SipHeaders.of([
          ['Contact', '*'],
          ['Contact', '<sip:a@b>'],
        ]),
      ),
    ).toBeUndefined();
    expect(contactsOf(SipHeaders.of([['Contact', '<sip:a@b>,']]))).toBeUndefined();
    expect(contactsOf(SipHeaders.of([['Contact', ',<sip:a@b>']]))).toBeUndefined();
  });

  test('routes want brackets', () => {
    expect(routesOf(SipHeaders.of([['Route', '<sip:a;lr>, <sip:b;lr>']]), 'route')).toHaveLength(2);
    expect(routesOf(SipHeaders.of([['Route', 'sip:a;lr']]), 'route')).toBeUndefined();
    expect(routesOf(SipHeaders.of([['Route', '<sip:a;lr>, sip:b']]), 'route')).toBeUndefined();
  });
});

describe('Via', () => {
  test.each([
    ['SIP/2.0/TLS a.test:5061;branch=z9hG4bK1;rport', 'TLS', 'a.test', 5061],
    ['SIP/2.0/tcp [2001:db8::1]', 'TCP', '[2001:db8::1]', undefined],
    ['SIP / 2.0 / WSS x7y8.invalid : 443 ;branch=z9hG4bK1;received=2001:db8::9', 'WSS', 'x7y8.invalid', 443],
  ])('%s', (text, transport, host, port) => {
    const via = readWhole(text, readVia)!;
    expect([via.transport, via.host, via.port]).toEqual([transport, host, port]);
    expect(readWhole(writeVia(via), readVia)).toEqual(via);
  });

  test.each([
    'SIP/2.0/TLS',
    'SIP/2.0/TLSa.test',
    'SIP/3.0/TLS a',
    'HTTP/2.0/TLS a',
    'SIP/2.0 a',
    'SIP/2.0/TLS a:70000',
    'SIP/2.0/TLS a b',
    'SIP/2.0/TLS a;branch=',
    '',
  ])('refuses %s', text => expect(readWhole(text, readVia)).toBeUndefined());

  test('a list has no empty elements', () => {
    expect(readList(['SIP/2.0/TLS a , SIP/2.0/TCP b', 'SIP/2.0/UDP c'], readVia)).toHaveLength(3);
    expect(readList(['SIP/2.0/TLS a,,SIP/2.0/TCP b'], readVia)).toBeUndefined();
  });
});

describe('numbers', () => {
  test.each([
    ['1 INVITE', 1],
    ['0009   INVITE', 9],
    ['2147483647 INVITE', 2147483647],
  ])('CSeq %s', (text, number) => expect(readCSeq(text)).toEqual({ number, method: 'INVITE' }));
  test.each(['2147483648 INVITE', '-1 INVITE', '1INVITE', '1', 'INVITE', '1 INVITE x', '1 IN VITE', '', '1.5 INVITE'])(
    'no CSeq: %s',
    text => expect(readCSeq(text)).toBeUndefined(),
  );
  test('Max-Forwards is a byte', () => {
    expect([
      readMaxForwards('0'),
      readMaxForwards('0255'),
      readMaxForwards('256'),
      readMaxForwards('-1'),
      readMaxForwards(''),
    ]).toEqual([0, 255, undefined, undefined, undefined]);
  });
  test('seconds too many for 32 bits are the most there are', () => {
    expect([readDeltaSeconds('3600'), readDeltaSeconds('9'.repeat(400)), readDeltaSeconds('soon')]).toEqual([
      3600,
      2 ** 32 - 1,
      undefined,
    ]);
  });
  test('a length is digits', () => {
    expect([readLength('007'), readLength('-0'), readLength('1e3'), readLength('9'.repeat(16))]).toEqual([
      7,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('credentials', () => {
  test('of a digest, quoted or bare', () => {
    const said = readAuth('Digest username="alice \\"x\\"", nc=00000001 ,qop=auth, uri="(null)"');
    expect(said?.scheme).toBe('digest');
    expect([...said!.params]).toEqual([
      ['username', 'alice "x"'],
      ['nc', '00000001'],
      ['qop', 'auth'],
      ['uri', '(null)'],
    ]);
  });
  test.each(['', 'Digest', 'Digest a', 'Digest a=', 'Digest a="', 'Digest a=1,', 'Digest a=1 b=2', 'Digest a=1, A=2'])(
    'refuses %s',
    text => expect(readAuth(text)).toBeUndefined(),
  );
});

describe('headers', () => {
  test('are found by every spelling, changed in their place, and copied', () => {
    const headers = SipHeaders.of([
      ['v', '1'],
      ['Y-Z', 'x'],
      ['VIA', '2'],
      ['To', 't'],
    ]);
    const copy = headers.copy();
    headers.prepend('Via', '0');
    headers.set('y-z', 'y', 'z');
    expect([...headers].map(({ name, value }) => `${name} ${value}`)).toEqual([
      'Via 0',
      'Via 1',
      'y-z y',
      'y-z z',
      'VIA 2',
      'To t',
    ]);
    headers.prepend('Record-Route', '<sip:a>');
    expect([...headers][0]!.key).toBe('record-route');
    expect(copy.all('via')).toEqual(['1', '2']);
    headers.remove('v');
    expect(headers.has('via')).toBe(false);
  });

  test('nobody can write a line break into one', () => {
    expect(() => SipHeaders.of([['X', 'a\r\nVia: b']])).toThrow('would break the message');
    expect(() => SipHeaders.of([['X: y', 'a']])).toThrow('would break the message');
  });

  test('option tags are a list of words', () => {
    expect(
      tokensOf(
        SipHeaders.of([
          ['k', 'Path, gruu'],
          ['Supported', ''],
          ['Supported', 'outbound'],
        ]),
        'supported',
      ),
    ).toEqual(['path', 'gruu', 'outbound']);
    expect(tokensOf(SipHeaders.of([['Supported', 'a b']]), 'supported')).toBeUndefined();
  });
});

test.each(['plain', 'a "b" \\c', ''])('quoting %j is undone by unquoting', text =>
  expect(unquote(quote(text))).toBe(text),
);
