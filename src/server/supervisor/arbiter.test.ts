import { expect, test } from 'vitest';
import { Quotas } from '../../policy/index.ts';
import { Arbiter } from './arbiter.ts';
import type { QuotaDeeds } from './messages.ts';

const limits = { allocations: 100, allocationsPerIdentity: 1, allocationsPerSourcePrefix: 100 };

test('workers share the quotas', () => {
  const arbiter = new Arbiter(new Quotas(limits));
  expect(arbiter.settle(1, ask(1, 'alice'))).toEqual({ verdicts: [1, 'reserved'], doubts: [] });
  expect(arbiter.settle(2, [...ask(1, 'alice'), ...ask(2, 'bob')])).toEqual({ verdicts: [2, 'reserved'], doubts: [1] });
  expect(arbiter.reconsider(2, [1])).toEqual([1, 'user-quota']);
});

test('a place that is given back at another worker a moment later can be had', () => {
  const quotas = new Quotas(limits);
  const arbiter = new Arbiter(quotas);
  arbiter.settle(1, ask(1, 'alice'));
  const { doubts } = arbiter.settle(2, ask(1, 'alice'));
  arbiter.settle(1, [-1]);
  expect(arbiter.reconsider(2, doubts)).toEqual([1, 'reserved']);
  expect(quotas.reserved).toBe(1);
});

test('what is given back first can be had right after, in one message', () => {
  const arbiter = new Arbiter(new Quotas(limits));
  arbiter.settle(1, ask(1, 'alice'));
  expect(arbiter.settle(1, [-1, ...ask(2, 'alice')]).verdicts).toEqual([2, 'reserved']);
});

test('a place in doubt that is not wanted any more is not kept', () => {
  const quotas = new Quotas(limits);
  const arbiter = new Arbiter(quotas);
  arbiter.settle(1, ask(1, 'alice'));
  arbiter.settle(2, ask(1, 'alice'));
  arbiter.settle(3, ask(1, 'alice'));
  arbiter.settle(2, [-1]);
  arbiter.forget(3);
  arbiter.settle(1, [-1]);
  expect([...arbiter.reconsider(2, [1]), ...arbiter.reconsider(3, [1])]).toEqual([]);
  expect(quotas.reserved).toBe(0);
});

test('a place that was refused or is unknown gives nothing back', () => {
  const quotas = new Quotas(limits);
  const arbiter = new Arbiter(quotas);
  arbiter.settle(1, [...ask(1, 'alice'), ...ask(2, 'alice'), -77]);
  arbiter.reconsider(1, [2]);
  arbiter.settle(1, [-2]);
  arbiter.settle(2, [-1]);
  expect(quotas.reserved).toBe(1);
});

test('what a worker held is free when it has died, and nobody else loses anything', () => {
  const quotas = new Quotas(limits);
  const arbiter = new Arbiter(quotas);
  arbiter.settle(1, [...ask(1, 'alice'), ...ask(2, 'bob')]);
  arbiter.settle(2, ask(1, 'carol'));
  arbiter.forget(1);
  arbiter.forget(1);
  expect(quotas.reserved).toBe(1);
  expect(arbiter.settle(1, ask(1, 'alice')).verdicts).toEqual([1, 'reserved']);
});

function ask(number: number, identity: string): QuotaDeeds {
  return [number, identity, 0, 0, 0xffff, 0x7f000001];
}
