import { expect, test } from 'vitest';
import { RecycledIds } from './recycled-ids.ts';

test('ids are small, distinct while they are out, and come back only after the quarantine', () => {
  const ids = new RecycledIds(3);
  const taken = Array.from({ length: 5 }, () => ids.take());
  expect(taken).toEqual([0, 1, 2, 3, 4]);
  for (const id of [1, 3, 0]) ids.give(id);
  expect([ids.take(), ids.take()]).toEqual([5, 6]);
  ids.give(6);
  expect(ids.take()).toBe(1);
});

test('a million ids taken and given back stay below the quarantine', () => {
  const ids = new RecycledIds(1024);
  let highest = 0;
  for (let i = 0; i < 1_000_000; i++) {
    const id = ids.take();
    highest = Math.max(highest, id);
    ids.give(id);
  }
  expect(highest).toBe(1024);
});

test('many ids that are out at once are all handed out again, each once', () => {
  const ids = new RecycledIds(10);
  const out = Array.from({ length: 10_000 }, () => ids.take());
  for (const id of out) ids.give(id);
  const again = new Set(Array.from({ length: 9_990 }, () => ids.take()));
  expect(again.size).toBe(9_990);
  expect(Math.max(...again)).toBeLessThan(10_000);
});
