import { expect, test } from 'vitest';
import { parseIp } from '../../wire/index.ts';
import { type Box, numberOf } from './box.ts';
import { evaluate } from './evaluate.ts';
import { readNft } from './read-nft.ts';
import type { Question, Ruleset } from './ruleset.ts';

/*
 * Rulesets as `nft -j list ruleset` prints them. Each row is a list of rules of an input chain that drops by default, and packets with what
 * becomes of them.
 */
const UDP: Question = { hook: 'input', family: 4, protocol: 'udp', state: 'new', device: 'eth0' };
const TCP: Question = { ...UDP, protocol: 'tcp' };
const ACCEPT = { accept: null };

test.each<[string, unknown[], [string, number, Question, string][]]>([
  [
    'a port',
    [[match(field('udp', 'dport'), 3478), ACCEPT]],
    [
      ['192.0.2.1', 3478, UDP, 'accepted'],
      ['192.0.2.1', 3479, UDP, 'dropped'],
      ['192.0.2.1', 3478, TCP, 'dropped'],
    ],
  ],
  [
    'a range of ports of any protocol',
    [[match(field('th', 'dport'), { range: [80, 90] }), ACCEPT]],
    [
      ['192.0.2.1', 90, UDP, 'accepted'],
      ['192.0.2.1', 91, TCP, 'dropped'],
    ],
  ],
  [
    'a set of ports and ranges',
    [[match(field('tcp', 'dport'), { set: [22, { range: [80, 90] }] }), ACCEPT]],
    [
      ['192.0.2.1', 22, TCP, 'accepted'],
      ['192.0.2.1', 85, TCP, 'accepted'],
      ['192.0.2.1', 23, TCP, 'dropped'],
    ],
  ],
  [
    'a network',
    [[match(field('ip', 'saddr'), { prefix: { addr: '192.0.2.0', len: 25 } }), ACCEPT]],
    [
      ['192.0.2.127', 1, UDP, 'accepted'],
      ['192.0.2.128', 1, UDP, 'dropped'],
    ],
  ],
  [
    'a range of addresses',
    [[match(field('ip', 'saddr'), { range: ['192.0.2.5', '192.0.2.7'] }), ACCEPT]],
    [
      ['192.0.2.7', 1, UDP, 'accepted'],
      ['192.0.2.8', 1, UDP, 'dropped'],
    ],
  ],
  [
    'all but a network',
    [[{ match: { ...match(field('ip', 'saddr'), '192.0.2.1').match, op: '!=' } }, ACCEPT]],
    [
      ['192.0.2.2', 1, UDP, 'accepted'],
      ['192.0.2.1', 1, UDP, 'dropped'],
    ],
  ],
  [
    'a comparison',
    [[{ match: { ...match(field('udp', 'dport'), 1024).match, op: '>=' } }, ACCEPT]],
    [
      ['192.0.2.1', 1024, UDP, 'accepted'],
      ['192.0.2.1', 1023, UDP, 'dropped'],
    ],
  ],
  [
    'a named set, whose elements have timeouts',
    [[match(field('ip', 'saddr'), '@friends'), ACCEPT]],
    [
      ['203.0.113.9', 1, UDP, 'accepted'],
      ['203.0.114.9', 1, UDP, 'dropped'],
    ],
  ],
  [
    'a concatenation',
    [
      [
        match(
          { concat: [field('ip', 'saddr'), field('udp', 'dport')] },
          {
            set: [
              { concat: ['192.0.2.1', 3478] },
              { concat: [{ prefix: { addr: '198.51.100.0', len: 24 } }, { range: [5, 7] }] },
            ],
          },
        ),
        ACCEPT,
      ],
    ],
    [
      ['192.0.2.1', 3478, UDP, 'accepted'],
      ['198.51.100.200', 6, UDP, 'accepted'],
      ['198.51.100.200', 3478, UDP, 'dropped'],
      ['192.0.2.1', 3478, TCP, 'dropped'],
    ],
  ],
  [
    'a map of verdicts',
    [
      [
        {
          vmap: {
            key: field('udp', 'dport'),
            data: {
              set: [
                [3478, ACCEPT],
                [3479, { jump: { target: 'office' } }],
              ],
            },
          },
        },
      ],
    ],
    [
      ['192.0.2.1', 3478, UDP, 'accepted'],
      ['203.0.113.1', 3479, UDP, 'accepted'],
      ['192.0.2.1', 3479, UDP, 'dropped'],
    ],
  ],
  [
    'a jump, and what comes back from it',
    [[{ jump: { target: 'office' } }], [match(field('udp', 'dport'), 9), ACCEPT]],
    [
      ['203.0.113.1', 1, UDP, 'accepted'],
      ['192.0.2.1', 9, UDP, 'accepted'],
      ['192.0.2.1', 1, UDP, 'dropped'],
    ],
  ],
  [
    'a goto, from which nothing comes back',
    [[{ goto: { target: 'office' } }], [ACCEPT]],
    [
      ['203.0.113.1', 1, UDP, 'accepted'],
      ['192.0.2.1', 1, UDP, 'dropped'],
    ],
  ],
  [
    'protocols and families by name',
    [
      [
        match({ meta: { key: 'nfproto' } }, 'ipv4'),
        match({ meta: { key: 'l4proto' } }, { set: ['tcp', 'icmp'] }),
        ACCEPT,
      ],
    ],
    [
      ['192.0.2.1', 1, TCP, 'accepted'],
      ['192.0.2.1', 1, UDP, 'dropped'],
    ],
  ],
  [
    'interfaces, with an asterisk too',
    [[match({ meta: { key: 'iifname' } }, 'eth*'), ACCEPT]],
    [
      ['192.0.2.1', 1, UDP, 'accepted'],
      ['192.0.2.1', 1, { ...UDP, device: 'wlan0' }, 'dropped'],
      ['192.0.2.1', 1, { ...UDP, device: 'lo' }, 'dropped'],
    ],
  ],
  [
    'states',
    [[{ match: { op: 'in', left: { ct: { key: 'state' } }, right: ['established', 'related'] } }, ACCEPT]],
    [
      ['192.0.2.1', 1, { ...UDP, state: 'established' }, 'accepted'],
      ['192.0.2.1', 1, UDP, 'dropped'],
    ],
  ],
  [
    'an earlier drop, and a rejection',
    [
      [match(field('ip', 'saddr'), '192.0.2.1'), { drop: null }],
      [match(field('ip', 'saddr'), '192.0.2.2'), { reject: {} }],
      [ACCEPT],
    ],
    [
      ['192.0.2.1', 1, UDP, 'dropped'],
      ['192.0.2.2', 1, UDP, 'dropped'],
      ['192.0.2.3', 1, UDP, 'accepted'],
    ],
  ],
  [
    'counters, logs and comments, which decide nothing',
    [[{ counter: { packets: 0, bytes: 0 } }, { log: {} }, { xt: { type: 'match', name: 'comment' } }, ACCEPT]],
    [['192.0.2.1', 1, UDP, 'accepted']],
  ],
  [
    'a rate limit, of which nobody knows',
    [[match(field('udp', 'dport'), 5), { limit: { rate: 1, per: 'second' } }, ACCEPT]],
    [
      ['192.0.2.1', 5, UDP, 'doubtful: inet fw input handle 10: it has a rate limit'],
      ['192.0.2.1', 6, UDP, 'dropped'],
    ],
  ],
  [
    'a mark, of which nobody knows',
    [[match({ meta: { key: 'mark' } }, 1), { drop: null }], [ACCEPT]],
    [['192.0.2.1', 5, UDP, 'doubtful: inet fw input handle 10: it matches meta mark']],
  ],
])('%s', (_, rules, packets) => {
  const ruleset = rulesetOf(rules as unknown[][]);
  for (const [source, port, question, fate] of packets) expect(fateOf(ruleset, source, port, question)).toBe(fate);
});

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
  expect(fateOf(rulesetOf([onEth, onWlan]), '192.0.2.1', 1, unnamed)).toMatch(/^doubtful: .*names no device$/);
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

function field(protocol: string, name: string) {
  return { payload: { protocol, field: name } };
}

function match(left: unknown, right: unknown) {
  return { match: { op: '==', left, right } };
}

function rulesetOf(rules: readonly (readonly unknown[])[], more: readonly unknown[] = []): Ruleset {
  const [family, table] = ['inet', 'fw'];
  const office = match(field('ip', 'saddr'), { prefix: { addr: '203.0.113.0', len: 24 } });
  return readNft(
    JSON.stringify({
      nftables: [
        { metainfo: { version: '1.0.6' } },
        { chain: { family, table, name: 'input', type: 'filter', hook: 'input', prio: 0, policy: 'drop' } },
        { chain: { family, table, name: 'office' } },
        {
          set: {
            family,
            table,
            name: 'friends',
            type: 'ipv4_addr',
            elem: [{ elem: { val: '203.0.113.9', timeout: 60 } }],
          },
        },
        { rule: { family, table, chain: 'office', handle: 4, expr: [office, ACCEPT] } },
        ...rules.map((expr, i) => ({ rule: { family, table, chain: 'input', handle: 10 + i, expr } })),
        ...more,
      ],
    }),
  )!;
}

function fateOf(ruleset: Ruleset, source: string, port: number, question: Question): string {
  const from = numberOf(parseIp(source)!);
  const box: Box = {
    source: { first: from, last: from },
    sourcePort: { first: 9n, last: 9n },
    destination: { first: 1n, last: 1n },
    destinationPort: { first: BigInt(port), last: BigInt(port) },
  };
  const { accepted, dropped } = evaluate(ruleset, question, [box]);
  const doubt = [...accepted, ...dropped].find(piece => piece.doubt !== undefined)?.doubt;
  if (accepted.length > 0 && dropped.length > 0) return `doubtful: ${doubt}`;
  return accepted.length > 0 ? 'accepted' : 'dropped';
}
