import { expect, test } from 'vitest';
import { SaidOnce } from './said-once.ts';

const HOUR = 3_600_000;

test('what is said is news again after an hour, or when it was over meanwhile', () => {
  const said = new SaidOnce();
  expect([said.isNew('a', HOUR), said.isNew('a', HOUR + 1), said.isNew('b', HOUR + 1)]).toEqual([true, false, true]);
  said.forget('a');
  expect([said.isNew('a', HOUR + 2), said.isNew('b', HOUR + 2)]).toEqual([true, false]);
  expect([said.isNew('a', 2 * HOUR), said.isNew('b', 2 * HOUR)]).toEqual([true, true]);
});

test('strangers who invent things are heard of a thousand times an hour', () => {
  const said = new SaidOnce();
  const news = Array.from({ length: 2_000 }, (_, i) => said.isNew(`domain${i}.test`, HOUR));
  expect(news.filter(Boolean)).toHaveLength(1_000);
});
