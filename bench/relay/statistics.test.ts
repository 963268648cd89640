import { expect, test } from 'vitest';
import { ratiosOf, spreadOf } from './statistics.ts';

test('the median of an even number of rounds lies between the two in the middle', () => {
  expect(spreadOf([4, 1, 3, 100])).toEqual({ median: 3.5, least: 1, most: 100 });
  expect(spreadOf([5, 1, 3])?.median).toBe(3);
  expect(spreadOf([])).toBeUndefined();
});

test('ratios are of rounds, so that a slow round of the machine does not count', () => {
  expect(ratiosOf([1, 10, 1], [2, 20, 2])).toEqual({ median: 0.5, least: 0.5, most: 0.5 });
});

test('a round that has only one of the two has no ratio', () => {
  expect(ratiosOf([1, undefined, 3], [undefined, 2, 4])).toEqual({ median: 0.75, least: 0.75, most: 0.75 });
  expect(ratiosOf([1], [0])).toBeUndefined();
});
