import { expect, test } from 'vitest';
import { Pacer } from './pacer.ts';

function sends(pacer: Pacer, times: readonly number[]): { flow: number; at: number; late: number }[] {
  const all: { flow: number; at: number; late: number }[] = [];
  for (const at of times) pacer.run(at, (flow, late) => void all.push({ flow, at, late }));
  return all;
}
const millis = (until: number, step = 1) => Array.from({ length: Math.floor(until / step) + 1 }, (_, i) => i * step);

test('each flow sends at its rate, and all are spread evenly', () => {
  const pacer = new Pacer(4, 50);
  pacer.start(0);
  const all = sends(pacer, millis(999));
  expect(all).toHaveLength(200);
  expect(all.filter(s => s.flow === 2)).toHaveLength(50);
  expect(all.slice(0, 5).map(s => [s.flow, s.at])).toEqual([[0, 0], [1, 5], [2, 10], [3, 15], [0, 20]]); // biome-ignore format: a table
});

test('nobody sends before its time, and how late it is is told', () => {
  const pacer = new Pacer(1, 100);
  pacer.start(0);
  expect(sends(pacer, [0, 9, 14])).toEqual([
    { flow: 0, at: 0, late: 0 },
    { flow: 0, at: 14, late: 4 },
  ]);
});

test('the rate is kept over many small steps', () => {
  const pacer = new Pacer(3, 33);
  pacer.start(0);
  expect(sends(pacer, millis(10_000, 0.25)).length).toBeCloseTo(990, -1);
});

test('a generator that was held up catches up a little and skips the rest, counted', () => {
  const pacer = new Pacer(1, 1000);
  pacer.start(0);
  const all = sends(pacer, [0, 1000]);
  expect(all.length).toBeLessThan(60);
  expect(all.length + pacer.skipped).toBe(1001);
});
