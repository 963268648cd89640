import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AddressBuffer,
  copyOf,
  familyOf,
  formatAddress,
  formatIp,
  fromBytes,
  type IpAddress,
  ipv4,
  parseIp,
  sameAddress,
  sameIp,
  withPort,
} from './address.ts';

const words = fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer());
const ips = fc.oneof(
  fc.integer().map(ipv4),
  words.map(([w0, w1, w2, w3]): IpAddress => ({ w0, w1, w2, w3 })),
  // where compression and the IPv4 forms live: mostly zeros
  fc.array(fc.constantFrom(0, 0, 0, 1, 0xffff, -1), { minLength: 4, maxLength: 4 }).map(wordsOf),
);

describe('text', () => {
  test('of any address names that address', () => {
    fc.assert(
      fc.property(ips, ip => {
        expect(parseIp(formatIp(ip))).toEqual(ip);
      }),
    );
  });

  test('of an IPv6 address is the one of RFC 5952, as the URL parser writes it', () => {
    fc.assert(
      fc.property(
        ips.filter(ip => familyOf(ip) === 6),
        ip => {
          expect(`[${formatIp(ip)}]`).toBe(new URL(`http://[${formatIp(ip)}]/`).hostname);
        },
      ),
    );
  });

  test('of an IPv4-mapped IPv6 address, in any spelling, names the IPv4 address', () => {
    const spellings = ['::ffff:127.0.0.1', '::FFFF:7f00:1', '0:0:0:0:0:ffff:7f00:0001', '0::ffff:7f00:1'];
    for (const text of spellings) {
      expect(parseIp(text)).toEqual(parseIp('127.0.0.1'));
      expect(familyOf(parseIp(text)!)).toBe(4);
      expect(formatIp(parseIp(text)!)).toBe('127.0.0.1');
    }
  });

  test('of an IPv4-compatible address names an IPv6 address, not the IPv4 address in it', () => {
    expect(formatIp(parseIp('::10.0.0.1')!)).toBe('::a00:1');
    expect(parseIp('::10.0.0.1')).not.toEqual(parseIp('10.0.0.1'));
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '0x7f.0.0.1',
    '2130706433',
    '127.1',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4:80',
    '::1%lo',
    'fe80::1%1',
    '[::1]',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::g',
    '::ffff:1.2.3',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::ffff:1.2.3.256',
    '::ffff:010.2.3.4',
    '::ffff:0x7f.0.0.1',
    'localhost',
    '::1/128',
    '1.2.3.4\n',
  ])('%j names none', text => expect(parseIp(text)).toBeUndefined());

  test('that the URL parser takes for an IPv6 address is the same address to us', () => {
    const group = fc.constantFrom('0', '1', 'ffff', '7f00', '00a', '', '', '1.2.3.4');
    const text = fc.array(group, { minLength: 2, maxLength: 9 }).map(groups => groups.join(':'));
    fc.assert(
      fc.property(text, t => {
        const ours = parseIp(t);
        const theirs = URL.parse(`http://[${t}]/`)?.hostname;
        expect(ours === undefined).toBe(theirs === undefined);
        if (ours !== undefined) expect(parseIp(theirs!.slice(1, -1))).toEqual(ours);
      }),
    );
  });
});

test('sixteen bytes that map an IPv4 address and its four bytes are one address', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), four => {
      const sixteen = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...four];
      expect(fromBytes(sixteen)).toEqual(fromBytes(four));
    }),
  );
});

test('bytes of another length are our mistake', () => {
  for (const length of [0, 3, 5, 15, 17]) expect(() => fromBytes(new Uint8Array(length))).toThrow(RangeError);
});

test('sameness is sameness of words and port', () => {
  fc.assert(
    fc.property(ips, ips, fc.nat(65535), (a, b, port) => {
      expect(sameIp(a, b)).toBe(formatIp(a) === formatIp(b));
      expect(sameAddress(withPort(a, port), withPort(a, port))).toBe(true);
      expect(sameAddress(withPort(a, port), withPort(a, port ^ 1))).toBe(false);
    }),
  );
});

test('a copy outlives the buffer it was made from', () => {
  const buffer = new AddressBuffer().set(0, 0, 0xffff, 0x0a000001, 5);
  const copy = copyOf(buffer);
  buffer.set(1, 2, 3, 4, 6);
  expect(formatAddress(copy)).toBe('10.0.0.1:5');
  expect(formatAddress(withPort(parseIp('2001:db8::1')!, 443))).toBe('[2001:db8::1]:443');
});

function wordsOf([w0, w1, w2, w3]: number[]): IpAddress {
  return { w0: w0!, w1: w1!, w2: w2!, w3: w3! };
}
