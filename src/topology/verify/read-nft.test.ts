import { expect, test } from 'vitest';
import { ACCEPT, fateOf, field, match, rulesetOf, UDP } from '../../../test/testkit/nft-ruleset.ts';
import { evaluate } from './evaluate.ts';
import { readNft } from './read-nft.ts';

test('a drop in any chain of the hook is final, and prerouting comes before input', () => {
  const chain = (name: string, hook: string, policy: string) => ({
    chain: { family: 'ip', table: 'more', name, type: 'filter', hook, prio: 0, policy },
  });
  const drop = {
    rule: {
      family: 'ip',
      table: 'more',
      chain: 'pre',
      handle: 7,
      expr: [match(field('ip', 'saddr'), '192.0.2.1'), { drop: null }],
    },
  };
  const ruleset = rulesetOf([[ACCEPT]], [chain('pre', 'prerouting', 'accept'), drop]);
  expect(fateOf(ruleset, '192.0.2.1', 1, UDP)).toBe('dropped');
  expect(fateOf(ruleset, '192.0.2.2', 1, UDP)).toBe('accepted');
});

test('packets pass prerouting before input whatever the priorities, and NAT chains are not asked', () => {
  const chain = (name: string, type: string, hook: string, prio: number) => ({
    chain: { family: 'ip', table: 'more', name, type, hook, prio, policy: 'accept' },
  });
  const dnat = {
    rule: {
      family: 'ip',
      table: 'more',
      chain: 'nat',
      handle: 3,
      expr: [{ dnat: { addr: '10.0.0.1' } }, { drop: null }],
    },
  };
  const more = [chain('pre', 'filter', 'prerouting', 300), chain('nat', 'nat', 'prerouting', -100), dnat];
  const ruleset = rulesetOf([[ACCEPT]], more);
  expect(fateOf(ruleset, '192.0.2.1', 1, UDP)).toBe('accepted');
  const order = ruleset.bases.filter(({ hook }) => hook === 'input').toSorted((a, b) => a.priority - b.priority);
  expect(order.map(({ chain: name }) => name)).toEqual(['ip more pre', 'inet fw input']);
});

test('a rule without a verdict changes nothing, whatever it matches', () => {
  const ruleset = rulesetOf([
    [match(field('udp', 'dport'), 1), { limit: { rate: 1, per: 'second' } }, { counter: {} }],
  ]);
  expect(fateOf(ruleset, '192.0.2.1', 1, UDP)).toBe('dropped');
});

test('an interface that nobody named: one in the ruleset is taken for ours, of several it cannot be told', () => {
  const onEth = [match({ meta: { key: 'iifname' } }, 'eth0'), ACCEPT];
  const onWlan = [match({ meta: { key: 'iif' } }, 'wlan0'), ACCEPT];
  const unnamed = { ...UDP, device: undefined };
  expect(fateOf(rulesetOf([onEth]), '192.0.2.1', 1, unnamed)).toBe('accepted');
  const forward = rulesetOf(
    [],
    [
      {
        chain: { family: 'ip', table: 'fw', name: 'forward', type: 'filter', hook: 'forward', prio: 0, policy: 'drop' },
      },
      { rule: { family: 'ip', table: 'fw', chain: 'forward', handle: 9, expr: onEth } },
    ],
  );
  expect(fateOf(forward, '192.0.2.1', 1, { ...unnamed, hook: 'forward' })).toMatch(/^doubtful: /);
  expect(fateOf(rulesetOf([onEth, onWlan]), '192.0.2.1', 1, unnamed)).toMatch(/^doubtful: .*names no device$/);
});

test('of several chains that drop a packet the first by priority is named', () => {
  const chain = (name: string, prio: number) => ({
    chain: { family: 'ip', table: 'more', name, type: 'filter', hook: 'input', prio, policy: 'drop' },
  });
  const ruleset = readNft(JSON.stringify({ nftables: [chain('late', 10), chain('early', -10)] }))!;
  const any = { first: 1n, last: 1n };
  const { dropped } = evaluate(ruleset, UDP, [
    { source: any, sourcePort: any, destination: any, destinationPort: any },
  ]);
  expect(dropped.map(({ places }) => places)).toEqual([['ip more early (policy drop)']]);
});

test('chains that jump in a circle end', () => {
  const circle = {
    rule: { family: 'inet', table: 'fw', chain: 'office', handle: 5, expr: [{ jump: { target: 'office' } }] },
  };
  expect(() => fateOf(rulesetOf([[{ jump: { target: 'office' } }]], [circle]), '192.0.2.1', 1, UDP)).toThrow('deeper');
});

test.each(['', '{}', '[]', '{"nftables": {}}', 'table inet x', '{"nftables": [{"rule": 7}, null, {"chain": []}]}'])(
  '%j is no ruleset, or an empty one',
  text => {
    expect(readNft(text)?.bases ?? []).toEqual([]);
  },
);
