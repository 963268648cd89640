import { expect, test } from 'vitest';
import { Restarts } from './restarts.ts';

test('the first replacement is made at once, and a worker that keeps dying waits longer and longer, up to half a minute', () => {
  const restarts = new Restarts();
  const pauses = Array.from({ length: 12 }, () => restarts.pauseAfter(100));
  expect(pauses.slice(0, 5)).toEqual([0, 250, 500, 1_000, 2_000]);
  expect(pauses.at(-1)).toBe(30_000);
  expect(restarts.count).toBe(12);
});

test('a worker that has lived well is replaced at once again', () => {
  const restarts = new Restarts();
  for (let i = 0; i < 5; i++) restarts.pauseAfter(100);
  expect(restarts.pauseAfter(60_000)).toBe(0);
  expect(restarts.pauseAfter(100)).toBe(0);
  expect(restarts.pauseAfter(100)).toBe(250);
});
