import { expect, test } from 'vitest';
import { AddressBuffer, formatAddress, formatIp, parseIp, withPort } from './address.ts';
import { NOT_OURS, OwnAddresses } from './own-addresses.ts';

const ip = (text: string) => parseIp(text)!;
const own = new OwnAddresses([
  { local: ip('10.45.16.10'), advertised: ip('131.107.155.30') },
  { local: ip('2001:db8::10'), advertised: ip('2001:db8::10') },
]);

test.each([
  ['10.45.16.10', '131.107.155.30', '10.45.16.10'],
  ['131.107.155.30', '131.107.155.30', '10.45.16.10'],
  ['2001:db8::10', '2001:db8::10', '2001:db8::10'],
  ['10.45.16.11', '10.45.16.11', '10.45.16.11'],
])('%s is advertised as %s, and sockets know it as %s', (text, advertised, local) => {
  const address = new AddressBuffer();
  const { w0, w1, w2, w3 } = ip(text);
  own.advertise(address.set(w0, w1, w2, w3, 50_001));
  expect(formatAddress(address)).toBe(formatAddress(withPort(ip(advertised), 50_001)));
  own.localize(address.set(w0, w1, w2, w3, 50_001));
  expect(formatAddress(address)).toBe(formatAddress(withPort(ip(local), 50_001)));
  expect(formatIp(own.advertised(withPort(ip(text), 1)))).toBe(advertised);
  expect(formatIp(own.local(withPort(ip(text), 1)))).toBe(local);
});

test('an address is ours only when all of it is', () => {
  expect(own.indexOf(0, 0, 0xffff, ip('131.107.155.30').w3)).toBe(0);
  expect(own.indexOf(1, 0, 0xffff, ip('131.107.155.30').w3)).toBe(NOT_OURS);
  expect(own.indexOf(0x20010db8, 0, 1, 0x10)).toBe(NOT_OURS);
});

test('a relay goes where its client came in, or else on our first address of its family', () => {
  const two = new OwnAddresses(['192.0.2.1', '192.0.2.2'].map(text => ({ local: ip(text), advertised: ip(text) })));
  expect(formatIp(two.localOf(4, ip('192.0.2.2'))!)).toBe('192.0.2.2');
  expect(formatIp(two.localOf(4, ip('10.1.0.10'))!)).toBe('192.0.2.1');
  expect(two.localOf(6, ip('192.0.2.2'))).toBeUndefined();
});
