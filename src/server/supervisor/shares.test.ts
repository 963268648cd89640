import { expect, test } from 'vitest';
import { loadConfig } from '../../control/config/index.ts';
import { portsOf, shareOf } from './shares.ts';

test('relay ports are split into contiguous parts that begin with an even port and leave none out', () => {
  for (const [first, last] of [
    [50_000, 59_999],
    [50_001, 50_010],
    [1_024, 65_535],
    [40_001, 40_999],
  ] as const)
    for (const workers of [1, 2, 3, 5]) {
      const parts = Array.from({ length: workers }, (_, i) => portsOf({ first, last }, i + 1, workers));
      expect([parts[0]!.first, parts.at(-1)!.last]).toEqual([first, last]);
      for (const [i, part] of parts.entries()) {
        expect(part.last).toBeGreaterThanOrEqual(part.first);
        if (i === 0) continue;
        expect(part.first % 2).toBe(0);
        expect(part.first).toBe(parts[i - 1]!.last + 1);
      }
    }
});

test("what strangers may cost is divided, so that all workers' parts are no more than was configured", () => {
  const { limits } = share(
    'limits: { answersPerSecond: 50, answersBurst: 200, connections: 999, handshakesPerPrefix: 1 }',
  );
  expect(limits).toMatchObject({
    answersPerSecond: 25,
    answersBurst: 100,
    connections: 499,
    connectionsPerPrefix: 500,
  });
  expect(limits.handshakesPerPrefix).toBe(1); // none would lock everybody out
});

test('quotas stay whole: the supervisor keeps them', () => {
  const { limits } = share('limits: { allocations: 9, allocationsPerUser: 3 }');
  expect(limits).toMatchObject({ allocations: 9, allocationsPerUser: 3, allocationsPerPrefix: 1_000 });
});

test('a worker gets secrets as values, and neither admin listener nor files', () => {
  const { credentials, admin, tls } = share('admin: { token: t0ken }\ntls: { certificate: a, key: b }');
  expect(credentials.secrets).toEqual([{ from: 'value', value: 'north-wind' }]);
  expect([admin, tls]).toEqual([undefined, undefined]);
});

function share(more: string) {
  const text = `external: { address: 192.0.2.1 }\ncredentials: { secrets: [env:SHARES_TEST_SECRET] }\n${more}`;
  const { config, problems } = loadConfig(text, 'test');
  if (config === undefined) throw new Error(JSON.stringify(problems));
  process.env.SHARES_TEST_SECRET = 'north-wind';
  return shareOf(config, 1, 2);
}
