import { expect, test } from 'vitest';
import { configFrom } from '../../../test/testkit/topologies.ts';
import { expectedByToken } from './assumed.ts';
import { expectedOf } from './expected.ts';
import { isExpired, isSealedBy, type ProbeToken, readToken, sealToken, type TokenPayload } from './token.ts';

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

test.each(['none', 'lync', 'ocs2007', 'standard'] as const)(
  'the rules that follow from it have the ids of the plan: with an internal side and partners of kind %s',
  kind => {
    const config = configFrom(`external: { address: 10.45.16.10, public: 131.107.155.30 }
internal: { address: 192.168.7.10, networks: [192.168.0.0/16] }
federation: [${kind === 'none' ? '' : `{ name: contoso.example, kind: ${kind} }`}]
credentials: { secrets: [north-wind] }
`);
    const planned = expectedOf(config, 'configuration', { side: 'external' });
    const { relayIn, relayOut, isTwoSided, partners } = planned;
    const read = readBack({ ...PAYLOAD, relayIn, relayOut, isTwoSided, partners: [...partners] });
    expect(idsOf(read)).toEqual(planned.rules.map(({ id }) => id));
  },
);

test('a partner at known addresses is not in it: its rules say nothing about an observer anywhere', () => {
  const config = configFrom(`external: { address: 10.45.16.10 }
internal: { address: 192.168.7.10, networks: [192.168.0.0/16] }
federation: [{ name: a.example, kind: ocs2007, addresses: [198.51.100.0/25] }, { name: b.example, kind: lync }]
credentials: { secrets: [north-wind] }
`);
  const planned = expectedOf(config, 'configuration', { side: 'external' });
  expect([planned.partners, planned.relayIn]).toEqual([['lync'], false]);
  expect(planned.rules.filter(({ isNarrowed }) => isNarrowed).map(({ id }) => id)).toContain(
    'external-in-udp-50000-59999-a.example',
  );
});

test('one side has peers anywhere, unless it says that relays are not reached', () => {
  const open = { ...PAYLOAD, isTwoSided: false, partners: [] };
  const all = ['external-in-udp-3478', 'external-in-tcp-443', 'external-in-udp-50000-59999', 'external-out-udp-any'];
  expect(idsOf(readBack(open))).toEqual(all);
  expect(idsOf(readBack({ ...open, relayIn: false, relayOut: false }))).toEqual(all.slice(0, 2));
  const inside = readBack({ ...open, side: 'internal', told: ['192.168.7.10'] });
  expect(idsOf(inside)).toEqual(['internal-in-udp-3478', 'internal-in-tcp-443']);
});

test('one of an edge that says nothing of sides and partners is read as before', () => {
  const { isTwoSided: _, partners: __, ...older } = PAYLOAD;
  expect(readBack(older as TokenPayload)).toMatchObject({ isTwoSided: false, partners: [] });
});

function readBack(payload: TokenPayload): ProbeToken {
  const read = readToken(sealToken(payload, SECRET).text);
  if ('problem' in read) throw new Error(read.problem);
  return read;
}

function idsOf(token: ProbeToken): string[] {
  return expectedByToken(token).rules.map(({ id }) => id);
}
