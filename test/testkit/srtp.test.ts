import { expect, test } from 'vitest';
import { SrtpReader, sessionKeys } from './srtp.ts';

/** RFC 3711 §B.3 */
const MASTER = Buffer.from('E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6', 'hex');

test('session keys are those of RFC 3711', () => {
  const { cipher, salt, authentication } = sessionKeys(MASTER, 0);
  expect(Buffer.from(cipher).toString('hex')).toBe('c61e7a93744f39ee10734afe3ff7a087');
  expect(Buffer.from(salt).toString('hex')).toBe('30cbbc08863d8c85d49db34a9ae1');
  expect(Buffer.from(authentication).toString('hex')).toBe('cebe321f6ff7716b6fd4ab49af256a156d38baa4');
});

/** The packet of libsrtp's own self-test. */
test('a protected packet is read, and no other key reads it', () => {
  const packet = Buffer.from('800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb', 'hex');
  expect(new SrtpReader(MASTER.toString('base64')).rtp(packet)?.toString('hex')).toBe('ab'.repeat(16));
  const other = Buffer.from(MASTER.map(byte => byte ^ 1)).toString('base64');
  expect(new SrtpReader(other).rtp(packet)).toBeUndefined();
  packet[20]! ^= 1;
  expect(new SrtpReader(MASTER.toString('base64')).rtp(packet)).toBeUndefined();
});
