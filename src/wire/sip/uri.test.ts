import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressOfRecord, isSameUri, isSipUri, readUri, type SipUri, splitHostPort, writeUri } from '../index.ts';

describe('reading', () => {
  test('a URI with everything', () => {
    expect(sip('sips:alice:pass%3D@Example.TEST:5061;transport=tls;lr?subject=x&Route=%3Csip:a%3E')).toEqual({
      scheme: 'sips',
      user: 'alice',
      password: 'pass%3D',
      host: 'example.test',
      port: 5061,
      params: new Map([
        ['transport', 'tls'],
        ['lr', undefined],
      ]),
      headers: 'subject=x&Route=%3Csip:a%3E',
    });
  });

  test.each([
    'sip:[2001:db8::1]:5060',
    'sip:192.0.2.1',
    'SIP:a@b',
    'sip:a@b.c.',
    'sip:+1-555;ext=1@gw.test;user=phone',
  ])('takes %s', text => expect(isSipUri(readUri(text)!)).toBe(true));

  test.each([
    'sip:',
    'sip:@host',
    'sip:a@',
    'sip:a@b@c',
    'sip:a b@c',
    'sip:a@b:65536',
    'sip:a@b:',
    'sip:a@b:x',
    'sip:a@-b',
    'sip:a@b..c',
    'sip:a@b;',
    'sip:a@b;;x',
    'sip:a@b;x;x=1',
    'sip:a@b;x=',
    'sip:a@b?',
    'sip:a%4@b',
    'sip:a%zz@b',
    'sip:<a>@b',
    'sip:"a"@b',
    'sip:a@[::1',
    'sip:a@[fe80::1%25eth0]',
    'sip:a@[192.0.2.1]',
    'sip:é@b',
    'sip:a@b;x=é',
    'nobody',
    ':x',
    '1sip:a@b',
    'http:',
    'http:a b',
    'x:<y>',
    `sip:${'a.'.repeat(200)}b`,
  ])('refuses %s', text => expect(readUri(text)).toBeUndefined());

  test('keeps other schemes as they are', () => {
    expect(readUri('tel:+1-201-555-0123;phone-context=x')).toEqual({
      scheme: 'tel',
      opaque: '+1-201-555-0123;phone-context=x',
    });
  });

  test('a port with blanks or a sign is none', () => {
    expect(splitHostPort('a:+1')).toBeUndefined();
    expect(splitHostPort('a: 1')).toBeUndefined();
  });
});

describe('equality (RFC 3261 §19.1.4)', () => {
  test.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;newparam=5'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['tel:+1', 'tel:+1'],
  ])('%s is %s', (a, b) =>
    expect([isSameUri(readUri(a)!, readUri(b)!), isSameUri(readUri(b)!, readUri(a)!)]).toEqual([true, true]),
  );

  test.each([
    ['sip:ALICE@AtLanTa.CoM', 'sip:alice@AtLanTa.CoM'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sips:bob@biloxi.com'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:alice:x@a', 'sip:alice@a'],
    ['sip:a@b', 'tel:+1'],
  ])('%s is not %s', (a, b) =>
    expect([isSameUri(readUri(a)!, readUri(b)!), isSameUri(readUri(b)!, readUri(a)!)]).toEqual([false, false]),
  );
});

test.each([
  ['sip:Alice@EXAMPLE.test:5061;transport=tls', 'sip:Alice@example.test'],
  ['sips:%61lice:secret@example.test', 'sip:alice@example.test'],
  ['sip:a%2fb@example.test', 'sip:a%2Fb@example.test'],
  ['sip:example.test', 'sip:example.test'],
])('%s is registered as %s', (uri, record) => expect(addressOfRecord(sip(uri))).toBe(record));

test('what is written is read as the same, and written the same again', () => {
  const part = fc.stringMatching(/^[a-z0-9!*'()~-]{1,8}$/);
  const label = fc.stringMatching(/^[a-z0-9]{1,6}$/);
  fc.assert(
    fc.property(
      fc.record({
        user: fc.option(part),
        port: fc.option(fc.nat(65_535)),
        hosts: fc.array(label, { minLength: 1, maxLength: 4 }),
      }),
      fc.uniqueArray(fc.tuple(label, fc.option(part)), { selector: ([name]) => name, maxLength: 4 }),
      ({ user, port, hosts }, params) => {
        const uri: SipUri = {
          scheme: 'sip',
          host: hosts.join('.'),
          ...(user === null ? {} : { user }),
          ...(port === null ? {} : { port }),
          params: new Map(params.map(([name, value]) => [name, value ?? undefined])),
        };
        expect(readUri(writeUri(uri))).toEqual(uri);
      },
    ),
    { seed: 3, numRuns: 500 },
  );
});

function sip(text: string): SipUri {
  const uri = readUri(text);
  if (uri === undefined || !isSipUri(uri)) throw new Error(text);
  return uri;
}
