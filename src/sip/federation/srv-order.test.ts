import { expect, test } from 'vitest';
import { srvOrder } from './srv-order.ts';

const record = (name: string, priority: number, weight: number) => ({ name, port: 5061, priority, weight });
const names = (records: Parameters<typeof srvOrder>[0], ...drawn: number[]) =>
  srvOrder(records, limit => {
    const next = drawn.shift() ?? 0;
    expect(next).toBeLessThan(limit);
    return next;
  }).map(({ name }) => name);

test('lower priorities come first, whatever their weights', () => {
  expect(names([record('c', 20, 900), record('a', 10, 0), record('b', 15, 5)])).toEqual(['a', 'b', 'c']);
});

test('within a priority the draw decides, each in its share', () => {
  const three = [record('a', 1, 10), record('b', 1, 30), record('z', 1, 0)];
  expect(names(three, 0)).toEqual(['z', 'a', 'b']);
  expect(names(three, 1)).toEqual(['a', 'z', 'b']);
  expect(names(three, 10)).toEqual(['a', 'z', 'b']);
  expect(names(three, 11)).toEqual(['b', 'z', 'a']);
  expect(names(three, 40)).toEqual(['b', 'z', 'a']);
});

test('a target that is the root says that there is nothing', () => {
  expect(names([record('', 1, 1), record('.', 2, 1)])).toEqual([]);
});
