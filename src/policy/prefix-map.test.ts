import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type IpAddress, ipv4 } from '../wire/index.ts';
import { contains, type Prefix, prefixOf } from './prefix.ts';
import { PrefixMap } from './prefix-map.ts';

test('the longest network that contains an address wins, as a scan of all networks says', () => {
  fc.assert(
    fc.property(fc.array(prefixes(), { maxLength: 40 }), fc.array(addresses(), { maxLength: 20 }), (rules, asked) => {
      const map = new PrefixMap<number>();
      for (const [i, prefix] of rules.entries()) map.set(prefix, i);
      for (const a of asked) expect(map.longest(a)).toBe(slowLongest(rules, a));
    }),
    { numRuns: 2000 },
  );
});

test('a network set again has its new value, and is found only under its own length', () => {
  fc.assert(
    fc.property(fc.array(prefixes(), { maxLength: 40 }), rules => {
      const map = new PrefixMap<number>();
      for (const [i, prefix] of rules.entries()) map.set(prefix, i);
      for (const prefix of rules) expect(map.get(prefix)).toBe(rules.findLastIndex(other => same(other, prefix)));
      const absent = { ...prefixOf(ipv4(0x01020304), 127) };
      expect(map.get(absent)).toBe(rules.some(other => same(other, absent)) ? expect.any(Number) : undefined);
    }),
  );
});

function slowLongest(rules: readonly Prefix[], a: IpAddress): number | undefined {
  let best: number | undefined;
  for (const [i, prefix] of rules.entries()) {
    if (contains(prefix, a) && (best === undefined || prefix.length >= rules[best]!.length)) best = i;
  }
  return best;
}

function same(a: Prefix, b: Prefix): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Few distinct bits, so that networks nest and addresses hit. */
function addresses(): fc.Arbitrary<IpAddress> {
  const word = fc.constantFrom(0, -1, 1, 0x0a000000, 0x0a000001, 0x20010db8, 1 << 31, 0xffff);
  const ip = fc.record({ w0: word, w1: word, w2: word, w3: word });
  return fc.oneof(word.map(ipv4), ip);
}

function prefixes(): fc.Arbitrary<Prefix> {
  return fc
    .tuple(addresses(), fc.integer({ min: 0, max: 128 }))
    .map(([a, length]) => prefixOf(a, a.w0 === 0 && a.w1 === 0 && a.w2 === 0xffff ? 96 + (length >> 2) : length));
}
