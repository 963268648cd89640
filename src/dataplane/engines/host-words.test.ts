import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AddressBuffer, formatIp, type IpAddress, parseIp } from '../../wire/index.ts';
import { HostNames } from './host-names.ts';
import { readHost } from './host-words.ts';

const word = fc.oneof(fc.constantFrom(0, 1, -1, 0xffff, 0x10000), fc.integer());
const ip = fc.record({ w0: word, w1: word, w2: word, w3: word });

test('an address that is written as the kernel does is read back as it was', () => {
  fc.assert(
    fc.property(ip, address => {
      expect(read(formatIp(address))).toEqual(address);
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test('every spelling of an IPv6 address is read as the parser of texts reads it', () => {
  fc.assert(
    fc.property(fc.ipV6(), text => {
      if (isIPv6(text)) expect(read(text)).toEqual(parseIp(text));
    }),
    { numRuns: 2000, seed: 2 },
  );
});

test('IPv4 is read byte for byte', () => {
  fc.assert(
    fc.property(fc.ipV4(), text => {
      expect(read(text)).toEqual(parseIp(text));
    }),
    { numRuns: 500, seed: 3 },
  );
});

test.each(['::', '::1', '1::', 'fe80::1', '::192.0.2.1', '1:2:3:4:5:6:7:8'])('%s is read', text => {
  expect(read(text)).toEqual(parseIp(text));
});

test('a zone is left out', () => {
  expect(read('fe80::1%eth0')).toEqual(parseIp('fe80::1'));
});

test.each(['', '1', '1.2.3', '1.2.3.4.5', '1:2', '1:2:3:4:5:6:7:8:9', '::1.2.3'])('%j is no address', text => {
  expect(read(text)).toBeUndefined();
});

test('names are those of their addresses, however many share a slot', () => {
  const names = new HostNames();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 10_000; i++) {
      const address = { w0: 0, w1: 0, w2: 0xffff, w3: Math.imul(i, 0x9e3779b1) };
      if (names.nameOf(address) !== formatIp(address)) throw new Error(formatIp(address));
    }
  }
  expect(names.nameOf({ w0: 0, w1: 0, w2: 0, w3: 0 })).toBe('::');
});

function read(text: string): IpAddress | undefined {
  const into = new AddressBuffer();
  if (!readHost(text, into)) return undefined;
  return { w0: into.w0, w1: into.w1, w2: into.w2, w3: into.w3 };
}
