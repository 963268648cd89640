import { expect, test } from 'vitest';
import { readMinted, refusalOf } from './credentials.ts';

const server = { urls: ['turn:192.0.2.1:3478?transport=udp'], username: '1:a', credential: 'x' };

test('a minted answer is taken with its expiry', () => {
  const answer = readMinted({ iceServers: [server], expiresAt: '2030-01-01T00:00:00Z', lifetimeSeconds: 60 });
  expect(answer).toEqual({
    ok: true,
    minted: { iceServers: [server], expiresAt: new Date('2030-01-01T00:00:00Z') },
  });
});

test('an expiry in seconds since 1970 is understood', () => {
  const answer = readMinted({ iceServers: [server], expiresAt: 1_893_456_000 });
  expect(answer.ok && answer.minted.expiresAt.toISOString()).toBe('2030-01-01T00:00:00.000Z');
});

test.each([null, {}, { iceServers: 'x' }, { iceServers: [{ urls: 'turn:a' }] }])('%j is no answer of ours', body => {
  expect(readMinted(body)).toMatchObject({ ok: false, why: 'api-failed' });
});

test.each([
  [401, 'token-refused'],
  [403, 'token-refused'],
  [404, 'api-absent'],
  [429, 'api-busy'],
  [500, 'api-failed'],
])('HTTP %i means %s', (status, why) => {
  expect(refusalOf(status)).toBe(why);
});
