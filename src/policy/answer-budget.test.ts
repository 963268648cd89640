import { getHeapStatistics } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { type IpAddress, ipv4, parseIp } from '../wire/index.ts';
import { ANSWER_DEFAULTS, AnswerBudget, type AnswerLimits } from './answer-budget.ts';

const NOW = 1_700_000_000_000;
const HERE = ip('8.8.8.8');

test('over UDP an answer may have twice the bytes of its request, by default', () => {
  expect(budget().spend('udp', HERE, 20, NOW)).toBe(40);
  expect(budget({ factor: 1.25 }).spend('udp', HERE, 21, NOW)).toBe(26);
});

test.each(['tcp', 'tls'] as const)('over %s answers are unlimited and spend nothing', transport => {
  const one = budget({ burst: 1 });
  for (let i = 0; i < 10; i++) expect(one.spend(transport, HERE, 20, NOW)).toBe(Number.POSITIVE_INFINITY);
  expect(one.spend('udp', HERE, 20, NOW)).toBe(40);
});

describe('a source prefix', () => {
  test.each([1, 7, 200])('has a burst of %d answers, then silence', burst => {
    expect(answers(budget({ burst, answersPerSecond: 3 }), HERE, NOW)).toBe(burst);
  });

  test('has 200 answers at once and 50 a second by default', () => {
    const one = budget();
    expect(answers(one, HERE, NOW)).toBe(200);
    expect(answers(one, HERE, NOW + 1000)).toBe(50);
    expect(answers(one, HERE, NOW + 1015)).toBe(0);
    expect(answers(one, HERE, NOW + 1020)).toBe(1);
  });

  test('earns answers at its rate and never more than the burst', () => {
    const one = budget({ burst: 10, answersPerSecond: 4 });
    expect(answers(one, HERE, NOW)).toBe(10);
    expect(answers(one, HERE, NOW + 500)).toBe(2);
    expect(answers(one, HERE, NOW + 3_600_000)).toBe(10);
  });

  test('is a /24 of IPv4 and a /56 of IPv6', () => {
    const one = budget({ burst: 1 });
    expect(one.spend('udp', ip('8.8.8.1'), 20, NOW)).toBe(40);
    expect(one.spend('udp', ip('8.8.8.254'), 20, NOW)).toBe(0);
    expect(one.spend('udp', ip('8.8.9.1'), 20, NOW)).toBe(40);
    expect(one.spend('udp', ip('2a00:1:2:300::1'), 20, NOW)).toBe(40);
    expect(one.spend('udp', ip('2a00:1:2:3ff::1'), 20, NOW)).toBe(0);
    expect(one.spend('udp', ip('2a00:1:2:400::1'), 20, NOW)).toBe(40);
  });

  test('is not silenced for long by a clock that was set back', () => {
    const one = budget({ burst: 2, answersPerSecond: 1 });
    expect(answers(one, HERE, NOW)).toBe(2);
    expect(answers(one, HERE, NOW - 1e9)).toBe(0);
    expect(answers(one, HERE, NOW - 1e9 + 3000)).toBe(2);
  });
});

test('a rate or burst of 0 is silence over UDP, an infinite rate is no limit', () => {
  expect(answers(budget({ answersPerSecond: 0 }), HERE, NOW)).toBe(0);
  expect(answers(budget({ burst: 0 }), HERE, NOW)).toBe(0);
  expect(answers(budget({ answersPerSecond: Number.POSITIVE_INFINITY }), HERE, NOW)).toBe(1000);
});

test('prefixes that meet in a slot share it', () => {
  const one = budget({ burst: 3, slots: 1 });
  expect([...Array(5).keys()].map(i => one.spend('udp', ip(`8.${i}.0.1`), 20, NOW))).toEqual([40, 40, 40, 0, 0]);
});

test('which prefixes meet depends on the seed', () => {
  const meeting = (seed: number) => {
    const one = new AnswerBudget({ ...ANSWER_DEFAULTS, burst: 1, slots: 16 }, seed);
    return [...Array(16).keys()].map(i => one.spend('udp', ip(`8.${i}.0.1`), 20, NOW)).join();
  };
  expect(new Set([1, 2, 3, 4, 5].map(meeting)).size).toBeGreaterThan(1);
});

test('neighbouring prefixes spread over the slots as evenly as dice would', () => {
  const one = budget({ burst: 1 });
  let answered = 0;
  for (let i = 0; i < 8192; i++) if (one.spend('udp', ipv4((0x08000000 + i * 256) | 0), 20, NOW) > 0) answered++;
  expect(answered / 8192).toBeGreaterThan(0.6); // 1 - 1/e = 0.632 for true dice
  expect(answered / 8192).toBeLessThan(0.66);
});

test('a million forged sources cost no memory', () => {
  const one = budget();
  const from = { w0: 0, w1: 0, w2: 0xffff, w3: 0 };
  const run = (n: number) => {
    for (let i = 0; i < n; i++) {
      from.w3 = Math.imul(i, 0x9e3779b1) | 0;
      one.spend('udp', from, 28, NOW + i / 100);
    }
  };
  run(100_000);
  const before = getHeapStatistics().used_heap_size;
  run(1_000_000);
  expect(getHeapStatistics().used_heap_size - before).toBeLessThan(40_000_000); // what the collector has not yet fetched
});

function budget(limits: Partial<AnswerLimits> = {}): AnswerBudget {
  return new AnswerBudget({ ...ANSWER_DEFAULTS, ...limits }, 0x5eed);
}

function answers(one: AnswerBudget, from: IpAddress, now: number): number {
  let count = 0;
  while (count < 1000 && one.spend('udp', from, 20, now) > 0) count++;
  return count;
}

function ip(text: string): IpAddress {
  return parseIp(text)!;
}
