import { expect, test } from 'vitest';
import { credentialUntil, edgeClock } from './edge-clock.ts';

const NOW = 1_780_000_000_000;

/** An edge whose clock is ahead by so much takes what ends later than it shows. */
const edge = (aheadSeconds: number) => async (expires: number) => expires > NOW / 1000 + aheadSeconds;

test.each([0, 30, -30, 90, -90, 3600, -3600, 36_000, -100_000])('a clock that is ahead by %i s', async aheadSeconds => {
  const { aheadMillis = Number.NaN, toleranceMillis } = await edgeClock(edge(aheadSeconds), () => NOW);
  expect(Math.abs(aheadMillis / 1000 - aheadSeconds)).toBeLessThanOrEqual(toleranceMillis / 1000 + 1);
  expect(toleranceMillis).toBeLessThanOrEqual(60_000);
});

test('a clock that is right needs three questions, and a wrong one few', async () => {
  for (const [ahead, most] of [
    [0, 3],
    [3600, 18],
  ] as const) {
    let asked = 0;
    await edgeClock(
      expires => {
        asked++;
        return edge(ahead)(expires);
      },
      () => NOW,
    );
    expect(asked).toBeLessThanOrEqual(most);
  }
});

test('who takes nothing has another secret, and tells no time; nor does silence', async () => {
  expect(
    await edgeClock(
      async () => false,
      () => NOW,
    ),
  ).toMatchObject({ aheadMillis: undefined });
  expect(
    await edgeClock(
      async () => undefined,
      () => NOW,
    ),
  ).toMatchObject({ aheadMillis: undefined });
});

test('the credential is the one of the TURN REST draft', () => {
  expect(credentialUntil('north-wind', 'alice', 1_780_000_000)).toEqual({
    username: '1780000000:alice',
    password: expect.stringMatching(/^[\w+/]{27}=$/),
  });
});
