import { expect, test } from 'vitest';
import { expectedByToken } from './assumed.ts';
import { isExpired, isSealedBy, readToken, sealToken, type TokenPayload } from './token.ts';

const SECRET = 'north-wind-and-sun';
const PAYLOAD: TokenPayload = {
  issued: 1e3,
  expires: 3601e3,
  side: 'external',
  told: ['131.107.155.30'],
  own: ['10.45.16.10'],
  udp: [3478],
  tcp: [443],
  relayPorts: {
    first: 5e4,
    last: 59999,
  },
  relayIn: true,
  relayOut: true,
  isTwoSided: true,
  partners: ['ocs2007'],
  standard: {
    username: '3601:probe',
    password: 'x',
  },
};

test('a token says what was put in, and both ends know the same key', () => {
  const { text, key } = sealToken(PAYLOAD, SECRET);
  expect(readToken(` ${text}\n`)).toEqual({ ...PAYLOAD, key });
  expect(text).toMatch(/^spd1\.[\w-]+\.[\w-]{32}$/);
});

test('the secret is not in it, and only the secret makes it', () => {
  const { text } = sealToken(PAYLOAD, SECRET);
  expect(Buffer.from(text.split('.')[1]!, 'base64url').toString()).not.toContain(SECRET);
  expect([isSealedBy(text, SECRET), isSealedBy(text, 'another'), isSealedBy('spd1.x.y', SECRET)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(sealToken(PAYLOAD, 'another').key).not.toEqual(sealToken(PAYLOAD, SECRET).key);
});

test.each([
  ['', 'no token'],
  ['spd2.x.y', 'no token'],
  ['spd1.x', 'no token'],
  ['spd1.x.y.z', 'no token'],
  [`spd1.${'x'.repeat(9000)}.y`, 'no token'],
  ['spd1.x.y', 'damaged'],
])('%.12j is refused: %s', (text, why) => {
  expect(readToken(text)).toEqual({ problem: expect.stringContaining(why) });
});

test('one that is cut off, or says more than a token does, is damaged', () => {
  const { text } = sealToken(PAYLOAD, SECRET);
  expect(readToken(text.slice(0, -3))).toHaveProperty('problem');
  const more = sealToken({ ...PAYLOAD, extra: 1 } as TokenPayload, SECRET);
  expect(readToken(more.text)).toHaveProperty('problem');
  expect(readToken(sealToken({ ...PAYLOAD, udp: [0] }, SECRET).text)).toHaveProperty('problem');
});

test('it ends when it says', () => {
  expect([isExpired(PAYLOAD, 3_600_999), isExpired(PAYLOAD, 3_601_000)]).toEqual([false, true]);
});

test('the rules that follow from it have the ids of the plan', () => {
  const read = readToken(sealToken(PAYLOAD, SECRET).text);
  if ('problem' in read) throw new Error(read.problem);
  const all = expectedByToken(read).rules.map(({ id }) => id);
  expect(all).toEqual([
    'external-in-udp-3478',
    'external-in-tcp-443',
    'external-in-udp-50000-59999',
    'external-out-udp-any',
  ]);
  const closed = expectedByToken({ ...read, relayIn: false, relayOut: false });
  expect(closed.rules.map(({ id }) => id)).toEqual(all.slice(0, 2));
  const inside = expectedByToken({ ...read, side: 'internal', told: ['192.168.7.10'] });
  expect(inside.rules.map(({ id }) => id)).toEqual(['internal-in-udp-3478', 'internal-in-tcp-443']);
});
