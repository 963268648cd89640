import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Box, DIMENSIONS, type Dimension, minusAll, within } from './box.ts';
import { isIn } from './conditions.ts';
import { evaluate } from './evaluate.ts';
import type { FirewallRule, Question, Ruleset, Verdict } from './ruleset.ts';

/* Whole regions of packets against one packet after the other, on a small scale: eight values in each dimension. */
const VALUE = fc.integer({ min: 1, max: 8 });
const QUESTION: Question = { hook: 'input', family: 6, protocol: 'udp', state: 'new', device: undefined };
const CHAINS = ['base', 'first', 'second'];

const interval = fc
  .tuple(VALUE, VALUE)
  .map(([a, b]) => ({ first: BigInt(Math.min(a, b)), last: BigInt(Math.max(a, b)) }));
const dimension = fc.constantFrom<Dimension>(...DIMENSIONS);
const condition = fc
  .tuple(dimension, fc.array(interval, { minLength: 1, maxLength: 2 }), fc.boolean())
  .map(([where, intervals, negated]) => ({ where, intervals, negated }));
/** Chains only jump to later ones, as a loadable ruleset does. */
const verdictFor = (chain: number) =>
  fc.oneof(
    fc.constantFrom<Verdict>({ do: 'accept' }, { do: 'drop' }, { do: 'return' }, { do: 'continue' }),
    ...CHAINS.slice(chain + 1).map(name =>
      fc.constantFrom<Verdict>({ do: 'jump', chain: name }, { do: 'goto', chain: name }),
    ),
  );
const ruleFor = (chain: number) =>
  fc.record({ conditions: fc.array(condition, { maxLength: 2 }), verdict: verdictFor(chain) });
type Written = {
  conditions: { where: Dimension; intervals: { first: bigint; last: bigint }[]; negated: boolean }[];
  verdict: Verdict;
};
const written = fc.tuple(...CHAINS.map((_, i) => fc.array<Written>(ruleFor(i), { maxLength: 4 })));
const point = fc.tuple(VALUE, VALUE, VALUE, VALUE).map(values => {
  return Object.fromEntries(DIMENSIONS.map((name, i) => [name, BigInt(values[i]!)])) as Record<Dimension, bigint>;
});

const ALL: Box = Object.fromEntries(DIMENSIONS.map(name => [name, { first: 1n, last: 8n }])) as unknown as Box;

test('a packet lies in the region of its fate, and in no other', () => {
  fc.assert(
    fc.property(written, fc.constantFrom('accept', 'drop'), point, (chains, policy, packet) => {
      const { accepted, dropped } = evaluate(rulesetOf(chains, policy as 'accept' | 'drop'), QUESTION, [ALL]);
      const fate = follow(chains, 'base', packet) ?? policy;
      const holding = (pieces: readonly { box: Box }[]) => pieces.filter(({ box }) => holds(box, packet)).length;
      expect([holding(accepted), holding(dropped)]).toEqual(fate === 'accept' ? [1, 0] : [0, 1]);
    }),
    { numRuns: 500 },
  );
});

test('what is left of boxes outside others overlaps nothing, and nothing is lost', () => {
  const box = fc.record({ source: interval, sourcePort: interval, destination: interval, destinationPort: interval });
  fc.assert(
    fc.property(box, fc.array(box, { maxLength: 4 }), point, (whole, holes, packet) => {
      const rest = minusAll([whole], holes);
      const expected = holds(whole, packet) && !holes.some(hole => holds(hole, packet)) ? 1 : 0;
      expect(rest.filter(each => holds(each, packet)).length).toBe(expected);
      for (const hole of holes) expect(rest.some(each => within(each, hole) !== undefined)).toBe(false);
    }),
  );
});

function rulesetOf(chains: readonly (readonly Written[])[], policy: 'accept' | 'drop'): Ruleset {
  const rules = chains.map(chain =>
    chain.map(
      ({ conditions, verdict }): FirewallRule => ({
        place: '',
        comment: '',
        verdict,
        conditions: conditions.map(({ where, intervals, negated }) => isIn(where, intervals, negated)),
      }),
    ),
  );
  const base = { hook: 'input', priority: 0, policy, families: [6], place: 'policy', chain: 'base' } as const;
  return { bases: [base], chains: new Map(CHAINS.map((name, i) => [name, rules[i]!])), devices: new Set() };
}

/** As the kernel does it: one packet, one rule at a time. */
function follow(
  chains: readonly (readonly Written[])[],
  name: string,
  packet: Record<Dimension, bigint>,
): string | undefined {
  for (const { conditions, verdict } of chains[CHAINS.indexOf(name)]!) {
    const isMatch = conditions.every(
      ({ where, intervals, negated }) =>
        intervals.some(({ first, last }) => packet[where] >= first && packet[where] <= last) !== negated,
    );
    if (!isMatch || verdict.do === 'continue') continue;
    if (!('chain' in verdict)) return verdict.do === 'return' ? undefined : verdict.do;
    const fate = follow(chains, verdict.chain, packet);
    if (fate !== undefined || verdict.do === 'goto') return fate;
  }
  return undefined;
}

function holds(box: Box, packet: Record<Dimension, bigint>): boolean {
  return DIMENSIONS.every(name => packet[name] >= box[name].first && packet[name] <= box[name].last);
}
