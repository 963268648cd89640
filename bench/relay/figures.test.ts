import { expect, test } from 'vitest';
import { figuresOf, type Measured, markdownOf, spreadOf } from './figures.ts';

const run = (nanosPerDatagram: number, lost = 0): Measured => ({
  nanosPerDatagram,
  datagramsPerSecond: 50_000,
  cpuShare: 0.5,
  othersShare: 0.1,
  lost,
});

test('a spread names the extremes and the middle, of odd and even counts', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ least: 1, median: 2, most: 3 });
  expect(spreadOf([4, 1, 2, 3])).toEqual({ least: 1, median: 2.5, most: 4 });
  expect(() => spreadOf([])).toThrow('no values');
});

test('the ratio is taken round by round, so that what disturbs both sides does not show', () => {
  const ours = [run(6000), run(12_000), run(6600)];
  const theirs = [run(4000), run(8000), run(4000)];
  const figures = figuresOf('load', 'ours', ours, theirs);
  expect(figures.ratio).toEqual({ least: 1.5, median: 1.5, most: 1.65 });
  expect(figures.micros.median).toBe(6.6);
});

test('losses add up and stand in the table', () => {
  expect(markdownOf([figuresOf('10 × 16', 'ours', [run(5000, 2), run(5000, 3)])])).toContain(
    '| 10 × 16 | ours | **5.00** (5.00–5.00) | 1 | 50000 | 50 % | 5 |',
  );
});
