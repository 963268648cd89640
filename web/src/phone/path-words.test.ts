import { expect, test } from 'vitest';
import { type CandidateFacts, NOTHING_YET } from '../call/facts.ts';
import { ago, bitrate, duration, pathWords } from './path-words.ts';

const candidate = (differences: Partial<CandidateFacts>): CandidateFacts => ({
  type: 'host',
  protocol: 'udp',
  relayProtocol: null,
  address: '192.0.2.1',
  port: 50_000,
  url: '',
  ...differences,
});
const relay = candidate({ type: 'relay', relayProtocol: 'tls' });

test('the way is said by what this end knows', () => {
  const words = (local: CandidateFacts, remote: CandidateFacts) => pathWords({ ...NOTHING_YET, local, remote }, null);
  expect(words(relay, relay)).toMatchObject({ way: 'Through the relay over TLS', isRelayed: true });
  expect(words(candidate({}), candidate({}))).toMatchObject({ way: 'Direct over UDP', isRelayed: false });
  expect(words(candidate({}), relay)).toMatchObject({ way: 'To the other end’s relay over UDP', isRelayed: true });
  expect(pathWords(NOTHING_YET, null)).toBeNull();
});

test('figures are shown as far as they are known', () => {
  const facts = { ...NOTHING_YET, local: relay, remote: relay };
  expect(pathWords({ ...facts, roundTripMs: 23.4 }, 1234)?.figures).toBe('1.2 Mbit/s · 23 ms');
  expect(pathWords({ ...facts, roundTripMs: 1.26 }, null)?.figures).toBe('1.3 ms');
  expect(bitrate(999.4)).toBe('999 kbit/s');
});

test('time is written as on a phone', () => {
  expect([7_900, 754_000, 3_723_000, -5].map(duration)).toEqual(['0:07', '12:34', '1:02:03', '0:00']);
  expect([0, 5, 180, 2 * 24 * 60].map(minutes => ago(0, minutes * 60_000)).slice(0, 3)).toEqual([
    'just now',
    '5 min ago',
    '3 h ago',
  ]);
});
