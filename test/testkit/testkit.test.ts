import { expect, test } from 'vitest';
import { dice } from './dice.ts';
import { VirtualClock } from './virtual-clock.ts';

test('the same seed throws the same dice, and another seed others', () => {
  const throws = (seed: number) => {
    const random = dice(seed);
    return Array.from({ length: 20 }, () => random(1000));
  };
  expect(throws(1)).toEqual(throws(1));
  expect(throws(1)).not.toEqual(throws(2));
});

test.each([2, 6, 100, 2 ** 32])('dice below %d are uniform and in range', below => {
  const random = dice(3);
  const counts = new Float64Array(Math.min(below, 16));
  for (let i = 0; i < 64_000; i++) {
    const thrown = random(below);
    if (!Number.isInteger(thrown) || thrown < 0 || thrown >= below) throw new Error(`${thrown}`);
    counts[Math.floor((thrown / below) * counts.length)]!++;
  }
  const share = 64_000 / counts.length;
  if (below % counts.length === 0)
    for (const count of counts) expect(Math.abs(count - share)).toBeLessThan(share * 0.1);
});

test('appointments run in order of time, then of making, and only as time passes', () => {
  const clock = new VirtualClock(100);
  const ran: string[] = [];
  clock.after(20, () => ran.push('c'));
  clock.after(10, () => ran.push('a'));
  clock.at(110, () => {
    ran.push('b');
    clock.after(5, () => ran.push(`later, at ${clock.now}`));
  });
  clock.advance(9);
  expect(ran).toEqual([]);
  clock.advance(6);
  expect(ran).toEqual(['a', 'b', 'later, at 115']);
  clock.settle();
  expect([ran.at(-1), clock.now, clock.pending]).toEqual(['c', 120, 0]);
});

test('a thousand appointments in any order run sorted', () => {
  const clock = new VirtualClock();
  const random = dice(5);
  const ran: number[] = [];
  for (let i = 0; i < 1000; i++) clock.at(random(500), () => ran.push(clock.now));
  clock.settle();
  expect(ran).toHaveLength(1000);
  expect(ran).toEqual(ran.toSorted((a, b) => a - b));
});

test('what never settles is an error', () => {
  const clock = new VirtualClock();
  const again = () => clock.after(1, again);
  again();
  expect(() => clock.settle(1000)).toThrow('still busy');
});
