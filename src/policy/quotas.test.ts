import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type IpAddress, parseIp } from '../wire/index.ts';
import { ANONYMOUS, type QuotaLimits, Quotas } from './quotas.ts';

const ROOMY: QuotaLimits = { allocationsPerIdentity: 100, allocationsPerSourcePrefix: 100, allocations: 100 };

test('an identity is refused beyond its own quota, from wherever it comes', () => {
  const quotas = new Quotas({ ...ROOMY, allocationsPerIdentity: 2 });
  expect(quotas.reserve('alice', ip('8.8.1.1'))).toBe('reserved');
  expect(quotas.reserve('alice', ip('8.8.2.1'))).toBe('reserved');
  expect(quotas.reserve('alice', ip('8.8.3.1'))).toBe('user-quota');
  expect(quotas.reserve('bob', ip('8.8.3.1'))).toBe('reserved');
});

test('a source prefix is refused beyond its quota, whoever comes from it: /24 of IPv4, /56 of IPv6', () => {
  const quotas = new Quotas({ ...ROOMY, allocationsPerSourcePrefix: 1 });
  expect(quotas.reserve('a', ip('8.8.8.8'))).toBe('reserved');
  expect(quotas.reserve('b', ip('8.8.8.255'))).toBe('prefix-quota');
  expect(quotas.reserve('b', ip('8.8.9.8'))).toBe('reserved');
  expect(quotas.reserve('c', ip('2a00:1:2:300::1'))).toBe('reserved');
  expect(quotas.reserve('d', ip('2a00:1:2:3ff::1'))).toBe('prefix-quota');
  expect(quotas.reserve('d', ip('2a00:1:2:400::1'))).toBe('reserved');
  expect(quotas.reserve('e', ip('2a01:1:2:300::1'))).toBe('reserved');
});

test('everyone is refused beyond the total', () => {
  const quotas = new Quotas({ ...ROOMY, allocations: 2 });
  expect(quotas.reserve('a', ip('8.8.1.1'))).toBe('reserved');
  expect(quotas.reserve('b', ip('8.8.2.1'))).toBe('reserved');
  expect(quotas.reserve('c', ip('8.8.3.1'))).toBe('total-quota');
});

test('the limits are not swapped: of three different limits each bites at its own number', () => {
  const limits = { allocationsPerIdentity: 2, allocationsPerSourcePrefix: 3, allocations: 5 };
  const reserveUntilRefused = (next: (n: number) => [string, string]) => {
    const quotas = new Quotas(limits);
    for (let n = 0; ; n++) {
      const [identity, from] = next(n);
      const answer = quotas.reserve(identity, ip(from));
      if (answer !== 'reserved') return [n, answer];
    }
  };
  expect(reserveUntilRefused(n => ['alice', `8.8.${n}.1`])).toEqual([2, 'user-quota']);
  expect(reserveUntilRefused(n => [`user${n}`, '8.8.8.1'])).toEqual([3, 'prefix-quota']);
  expect(reserveUntilRefused(n => [`user${n}`, `8.8.${n}.1`])).toEqual([5, 'total-quota']);
});

test('a refused reservation takes nothing', () => {
  const quotas = new Quotas({ ...ROOMY, allocationsPerIdentity: 1 });
  quotas.reserve('alice', ip('8.8.1.1'));
  expect(quotas.reserve('alice', ip('8.8.2.1'))).toBe('user-quota');
  expect([quotas.reserved, quotas.size]).toEqual([1, 2]);
});

test('the anonymous share no personal quota, but count in the prefix and the total', () => {
  const quotas = new Quotas({ allocationsPerIdentity: 1, allocationsPerSourcePrefix: 2, allocations: 3 });
  expect(quotas.reserve(ANONYMOUS, ip('8.8.1.1'))).toBe('reserved');
  expect(quotas.reserve(ANONYMOUS, ip('8.8.1.2'))).toBe('reserved');
  expect(quotas.reserve(ANONYMOUS, ip('8.8.1.3'))).toBe('prefix-quota');
  expect(quotas.reserve(ANONYMOUS, ip('8.8.2.1'))).toBe('reserved');
  expect(quotas.reserve(ANONYMOUS, ip('8.8.3.1'))).toBe('total-quota');
});

test('what is released can be reserved again, exactly', () => {
  const quotas = new Quotas({ ...ROOMY, allocationsPerIdentity: 1 });
  for (let churn = 0; churn < 1000; churn++) {
    expect(quotas.reserve('alice', ip('8.8.8.8'))).toBe('reserved');
    expect(quotas.reserve('alice', ip('8.8.8.8'))).toBe('user-quota');
    quotas.release('alice', ip('8.8.8.8'));
  }
  expect([quotas.reserved, quotas.size]).toEqual([0, 0]);
});

test('to release what was not reserved is our mistake and stops the process', () => {
  const quotas = new Quotas(ROOMY);
  expect(() => quotas.release('alice', ip('8.8.8.8'))).toThrow('more allocations');
  quotas.reserve('alice', ip('8.8.8.8'));
  expect(() => quotas.release('bob', ip('8.8.8.8'))).toThrow('given back twice');
});

test('counters agree with a list of what is reserved, and vanish with it', () => {
  const step = fc.record({
    release: fc.boolean(),
    who: fc.integer({ min: 0, max: 3 }),
    net: fc.integer({ min: 0, max: 2 }),
  });
  const limits = { allocationsPerIdentity: 3, allocationsPerSourcePrefix: 4, allocations: 7 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const quotas = new Quotas(limits);
      const live: { who: string; net: number }[] = [];
      for (const { release, who, net } of steps) {
        const [identity, last] = [`user${who}`, live.at(-1)];
        if (release && last) {
          quotas.release(last.who, ip(`8.8.${last.net}.9`));
          live.pop();
          continue;
        }
        const free =
          live.length < limits.allocations &&
          live.filter(other => other.net === net).length < limits.allocationsPerSourcePrefix &&
          live.filter(other => other.who === identity).length < limits.allocationsPerIdentity;
        expect(quotas.reserve(identity, ip(`8.8.${net}.1`)) === 'reserved').toBe(free);
        if (free) live.push({ who: identity, net });
      }
      expect(quotas.size).toBe(new Set(live.map(l => l.who)).size + new Set(live.map(l => l.net)).size);
    }),
  );
});

function ip(text: string): IpAddress {
  return parseIp(text)!;
}
