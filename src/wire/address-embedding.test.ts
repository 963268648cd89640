import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIp, ipv4, parseIp } from './address.ts';
import { embeddedIPv4, everyEmbeddedIPv4 } from './address-embedding.ts';

test.each([
  ['::127.0.0.1', '127.0.0.1', 'IPv4-compatible'],
  ['::2', '0.0.0.2', 'IPv4-compatible'],
  ['2002:7f00:1::', '127.0.0.1', '6to4'],
  ['2002:c0a8:101:1234:5678:9abc:def0:1', '192.168.1.1', '6to4'],
  ['64:ff9b::10.0.0.1', '10.0.0.1', 'NAT64'],
  ['64:ff9b:1::169.254.169.254', '169.254.169.254', 'local-use NAT64'],
  ['64:ff9b:1:ffff:ffff:ffff:7f00:1', '127.0.0.1', 'local-use NAT64'],
  ['2001:0:4136:e378:8000:63bf:3fff:fdd2', '192.0.2.45', 'Teredo'],
  ['fe80::5efe:10.1.2.3', '10.1.2.3', 'ISATAP'],
  ['2001:db8::200:5efe:8.8.8.8', '8.8.8.8', 'ISATAP'],
  ['::ffff:0:192.168.0.1', '192.168.0.1', 'IPv4-translated'],
])('%s carries %s (%s)', (text, inside) => {
  expect(formatIp(embeddedIPv4(parseIp(text)!)!)).toBe(inside);
  expect(everyEmbeddedIPv4(parseIp(text)!).map(formatIp)).toContain(inside);
});

test.each([
  '::',
  '::1',
  '127.0.0.1',
  '::ffff:127.0.0.1',
  '2001:db8::127.0.0.1',
  '2003:7f00:1::',
  '2001:1::7f00:1',
  '64:ff9b:0:1::7f00:1',
  '64:ff9b::1:0:7f00:1',
  '64:ff9b:2::7f00:1',
  '64:ff9c::7f00:1',
  '0:0:0:1::7f00:1',
  '1::ffff:0:7f00:1',
  'fe80::100:5efe:7f00:1',
  'fd00::1',
  'ff02::1',
])('%s carries none', text => {
  expect(embeddedIPv4(parseIp(text)!)).toBeUndefined();
  expect(everyEmbeddedIPv4(parseIp(text)!)).toEqual([]);
});

test('of several addresses inside one, all are told', () => {
  const both = parseIp('2002:808:808::5efe:127.0.0.1')!;
  expect(everyEmbeddedIPv4(both).map(formatIp)).toEqual(['8.8.8.8', '127.0.0.1']);
  const teredo = parseIp('2001:0:a00:1::80ff:fffe')!;
  expect(everyEmbeddedIPv4(teredo).map(formatIp)).toEqual(['127.0.0.1', '10.0.0.1']);
});

test('every IPv4 address is found in every way to carry it', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), fc.integer({ min: 0, max: 0xffff }), (v4, any, low) => {
      const carriers = [
        { w0: (0x2002 << 16) | (v4 >>> 16), w1: (v4 << 16) | low, w2: any, w3: any },
        { w0: 0x0064ff9b, w1: 0, w2: 0, w3: v4 },
        { w0: 0x0064ff9b, w1: 0x00010000 | low, w2: any, w3: v4 },
        { w0: 0x20010000, w1: any, w2: any, w3: ~v4 },
        { w0: any, w1: any, w2: 0x5efe, w3: v4 },
        { w0: any, w1: any, w2: 0x02005efe, w3: v4 },
        { w0: 0, w1: 0, w2: 0xffff0000 | 0, w3: v4 },
        ...(v4 === 0 || v4 === 1 ? [] : [{ w0: 0, w1: 0, w2: 0, w3: v4 }]),
      ];
      for (const carrier of carriers) expect(everyEmbeddedIPv4(carrier)).toContainEqual(ipv4(v4));
    }),
  );
});
