import { expect, test } from 'vitest';
import { readMinted, refusalOf } from './credentials.ts';

const stun = { urls: ['stun:192.0.2.1:3478'] };
const turn = { urls: ['turn:192.0.2.1:3478?transport=udp'], username: '1:a', credential: 'x' };

test('a minted answer is taken with its expiry, in milliseconds', () => {
  const answer = readMinted({ iceServers: [stun, turn], expiresAt: 1_893_456_000_000, lifetimeSeconds: 60 });
  expect(answer).toEqual({
    ok: true,
    minted: { iceServers: [stun, turn], expiresAt: new Date('2030-01-01T00:00:00Z') },
  });
});

test.each([null, {}, { iceServers: 'x' }, { iceServers: [{ urls: 'turn:a' }], expiresAt: 1 }, { iceServers: [turn] }])(
  '%j is no answer of ours',
  body => {
    expect(readMinted(body)).toMatchObject({ ok: false, why: 'api-failed' });
  },
);

test.each([
  [401, 'token-refused'],
  [403, 'token-refused'],
  [404, 'api-absent'],
  [429, 'api-busy'],
  [500, 'api-failed'],
])('HTTP %i means %s', (status, why) => {
  expect(refusalOf(status)).toBe(why);
});
