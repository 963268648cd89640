import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dice } from '../../test/testkit/index.ts';
import { NONE, TupleTable } from './tuple-table.ts';

type Tuple = readonly [number, number, number, number, number, number];

test('it holds what a Map would hold, after any sequence of insertions and removals', () => {
  // Few distinct words, so that tuples meet again and differ in each of their places.
  const word = fc.constantFrom(0, 1, -1, 0xffff, 0x7fffffff, -0x80000000);
  const tuple = fc.tuple(word, word, word, word, word, fc.constantFrom(0, 1, 0xffff, 0x10000));
  const step = fc.record({ tuple, value: fc.option(fc.nat(1000)) });
  fc.assert(
    fc.property(fc.integer(), fc.array(step, { maxLength: 400, size: 'max' }), (seed, steps) => {
      const table = new TupleTable(dice(seed));
      const model = new Map<string, number>();
      for (const { tuple: t, value } of steps) {
        if (value === null) expect(table.delete(...t)).toBe(model.delete(String(t)));
        else {
          table.set(...t, value);
          model.set(String(t), value);
        }
        expect(table.size).toBe(model.size);
      }
      for (const { tuple: t } of steps) expect(table.get(...t)).toBe(model.get(String(t)) ?? NONE);
    }),
    { numRuns: 200, seed: 8656 },
  );
});

test('it grows to what it holds, and shrinks when that is gone', () => {
  const table = new TupleTable(dice(1));
  const least = table.capacity;
  for (let i = 0; i < 50_000; i++) table.set(...tupleOf(i), i);
  expect(table.capacity).toBe(131_072);
  for (let i = 0; i < 50_000; i++) if (table.get(...tupleOf(i)) !== i) throw new Error(`${i} is lost`);
  for (let i = 0; i < 50_000; i++) table.delete(...tupleOf(i));
  expect([table.size, table.capacity]).toEqual([0, least]);
});

test('churn does not wear it out: a million insertions and removals leave neither size nor capacity behind', () => {
  const table = new TupleTable(dice(2));
  for (let i = 0; i < 1_000_000; i++) {
    table.set(...tupleOf(i), i);
    if (i >= 100) table.delete(...tupleOf(i - 100));
  }
  expect(table.size).toBe(100);
  expect(table.capacity).toBeLessThanOrEqual(256);
});

test.each([
  ['consecutive addresses', (i: number): Tuple => [0, 0, 0, 0xffff, i, 3478]],
  ['consecutive ports', (i: number): Tuple => [0, 0, 0, 0xffff, 0x0a000001, i]],
  ['multiples of 2^20 in two words', (i: number): Tuple => [0, (i >> 6) << 20, 0, 0, (i & 63) << 20, 1]],
  ['high halves only', (i: number): Tuple => [0, i << 16, 0, 0, 0, 1]],
])('%s spread as well as random ones', (_, tuple) => {
  // A chain of probes is as long as the longest run of full slots: measured as the time of look-ups that miss would be noise.
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
  const collisions = seeds.map(seed => {
    const table = new TupleTable(dice(seed));
    for (let i = 0; i < 4096; i++) table.set(...tuple(i), i);
    return table.longestRun;
  });
  // 4096 tuples at load 1/2: random runs end well below 100.
  expect(Math.max(...collisions)).toBeLessThan(150);
});

function tupleOf(i: number): Tuple {
  return [i % 7, 0x20010db8, i, Math.imul(i, 0x9e3779b1), 1, i & 0xffff];
}
