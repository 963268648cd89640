import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { address, START } from '../../test/testkit/turn-bench.ts';
import type { ClientAddress, ClientId, Transport } from '../wire/index.ts';
import { COMPACT_LENGTH, FEATURES, FULL_LENGTH, featuresOf, Nonces } from './nonce.ts';
import type { Client } from './questions.ts';

const KEY = new Uint8Array(32).fill(1);
const BOTH = FEATURES.passwordAlgorithms | FEATURES.anonymity;

function client(ip = '198.51.100.7', port = 5000, transport: Transport = 'udp'): Client {
  return { id: 1 as ClientId, transport, address: address<ClientAddress>(ip, port), local: address('10.0.0.1', 3478) };
}
const bytes = (nonce: string) => Buffer.from(nonce, 'latin1');

test('a compact nonce is eight URL-safe characters, a full one has the cookie and its features in front', () => {
  const nonces = new Nonces(KEY, 3600);
  expect(nonces.compact(client(), START)).toMatch(/^[A-Za-z0-9_-]{8}$/);
  expect(COMPACT_LENGTH).toBe(8);
  const full = nonces.full(client(), FEATURES.passwordAlgorithms, START);
  expect(full).toMatch(/^obMatJos2gAAA[A-Za-z0-9_-]{8}$/); // bit 0 is leftmost, RFC 8489 §18.1
  expect(full).toHaveLength(FULL_LENGTH);
  expect(featuresOf(bytes(full))).toBe(FEATURES.passwordAlgorithms);
  expect(nonces.full(client(), BOTH, START)).toMatch(/^obMatJos2wAAA/);
});

test('the signature is HMAC-SHA256 over minute, source and features', () => {
  const signed = Buffer.alloc(32);
  signed.writeDoubleBE(Math.floor(START / 60_000), 0);
  signed.writeUInt16BE(0xffff, 18);
  signed.set([198, 51, 100, 7], 20);
  signed.writeUInt16BE(5000, 24);
  signed[26] = 1;
  const mac = createHmac('sha256', KEY).update(signed).digest();
  const nonce = Buffer.from(new Nonces(KEY, 600).compact(client(), START), 'base64url');
  expect(nonce.subarray(1)).toEqual(mac.subarray(1, 6));
  expect(nonce[0]).toBe(Math.floor(START / 60_000) & 0xff);
});

test.each(['compact', 'full'] as const)('a %s nonce is good for its lifetime, and at most a minute longer', kind => {
  const nonces = new Nonces(KEY, 600);
  const nonce = bytes(kind === 'full' ? nonces.full(client(), BOTH, START) : nonces.compact(client(), START));
  expect(nonces.isGood(nonce, client(), START)).toBe(true);
  expect(nonces.isGood(nonce, client(), START + 600_000)).toBe(true);
  expect(nonces.isGood(nonce, client(), START + 661_000)).toBe(false);
});

test.each([
  ['address', client('198.51.100.8')],
  ['IPv6 address', client('2001:db8::1')],
  ['port', client('198.51.100.7', 5001)],
  ['transport', client('198.51.100.7', 5000, 'tcp')],
])('a nonce is worth nothing from another %s', (_, other) => {
  const nonces = new Nonces(KEY, 600);
  expect(nonces.isGood(bytes(nonces.compact(client(), START)), other, START)).toBe(false);
  expect(nonces.isGood(bytes(nonces.full(client(), BOTH, START)), other, START)).toBe(false);
});

test('a nonce of another key is worth nothing', () => {
  const other = new Nonces(new Uint8Array(32).fill(2), 600);
  expect(new Nonces(KEY, 600).isGood(bytes(other.compact(client(), START)), client(), START)).toBe(false);
});

test('features can be neither stripped nor added', () => {
  const nonces = new Nonces(KEY, 600);
  const full = nonces.full(client(), BOTH, START);
  const compact = nonces.compact(client(), START);
  const forged = [
    full.slice(-8),
    full.replace('wAAA', 'AAAA'),
    full.replace('wAAA', 'gAAA'),
    `obMatJos2gAAA${compact}`,
  ];
  for (const nonce of forged) expect(nonces.isGood(bytes(nonce), client(), START)).toBe(false);
});

test('no change of one bit goes unnoticed', () => {
  const nonces = new Nonces(KEY, 600);
  for (const nonce of [nonces.compact(client(), START), nonces.full(client(), BOTH, START)]) {
    for (let bit = 0; bit < nonce.length * 8; bit++) {
      const changed = bytes(nonce);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(nonces.isGood(changed, client(), START)).toBe(false);
    }
  }
});

test('bytes that are no nonce are refused, not thrown at', () => {
  const nonces = new Nonces(KEY, 600);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), garbage => {
      expect(nonces.isGood(garbage, client(), START)).toBe(false);
      featuresOf(garbage);
    }),
    { seed: 42, numRuns: 300 },
  );
});

test('features are told only by characters that stand for bits', () => {
  expect(featuresOf(bytes('obMatJos2wAAA'))).toBe(BOTH);
  for (const other of ['-', '_', '=', '*', '\xff']) {
    for (let at = 9; at < 13; at++) {
      const nonce = bytes('obMatJos2wAAA');
      nonce.write(other, at, 'latin1');
      expect(featuresOf(nonce)).toBeUndefined();
    }
  }
});

test('a life that eight bits of minutes cannot tell is refused', () => {
  expect(() => new Nonces(KEY, 4 * 3600 + 1)).toThrow(RangeError);
  const nonces = new Nonces(KEY, 4 * 3600);
  const nonce = bytes(nonces.compact(client(), START));
  expect(nonces.isGood(nonce, client(), START + 4 * 3600_000)).toBe(true);
  expect(nonces.isGood(nonce, client(), START + 256 * 60_000)).toBe(false);
});
