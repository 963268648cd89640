import { expect, test } from 'vitest';
import { ACCEPT, fateOf, field, match, rulesetOf, TCP, UDP } from '../../../test/testkit/nft-ruleset.ts';
import type { Question } from './ruleset.ts';

/* Each row is a list of rules of an input chain that drops by default, and packets with what becomes of them. */
test.each<[string, unknown[], [string, number, Question, string][]]>([
  [
    'flags of TCP, which a first packet has one of',
    [
      [flags('!=', ['fin', 'syn', 'rst', 'ack'], 'syn'), { drop: null }],
      [match(field('tcp', 'dport'), 443), flags('==', ['syn', 'ack'], ['syn', 'ack']), ACCEPT],
      [match(field('tcp', 'dport'), 444), { match: { op: 'in', left: field('tcp', 'flags'), right: 'syn' } }, ACCEPT],
      [match(field('tcp', 'dport'), 445), flags('==', { '|': ['fin', 'syn'] }, 'syn'), ACCEPT],
      [match(field('tcp', 'dport'), 446), flags('==', ['rst', 'fin'], 0), ACCEPT],
    ],
    [
      ['192.0.2.1', 443, TCP, 'dropped'],
      ['192.0.2.1', 444, TCP, 'accepted'],
      ['192.0.2.1', 445, TCP, 'accepted'],
      ['192.0.2.1', 446, TCP, 'accepted'],
      ['192.0.2.1', 444, UDP, 'dropped'],
      ['192.0.2.1', 444, { ...TCP, state: 'established' }, 'doubtful: inet fw input handle 10: it matches TCP flags'],
    ],
  ],
  [
    'what the routing table says of addresses',
    [
      [match(fib('type', 'daddr'), { set: ['broadcast', 'multicast'] }), { drop: null }],
      [match(fib('oif', 'saddr', 'iif'), false), { drop: null }],
      [match(field('udp', 'dport'), 1), match(fib('type', 'daddr'), 'local'), ACCEPT],
      [match(field('udp', 'dport'), 2), match(fib('type', 'saddr'), 'local'), ACCEPT],
      [match(field('udp', 'dport'), 3), match(fib('oif', 'saddr'), 'eth1'), ACCEPT],
    ],
    [
      ['192.0.2.1', 1, UDP, 'accepted'],
      ['192.0.2.1', 2, UDP, 'dropped'],
      ['192.0.2.1', 3, UDP, 'doubtful: inet fw input handle 14: it asks the routing table'],
    ],
  ],
  [
    'packets for this host and for all of them, and frames',
    [
      [match({ meta: { key: 'pkttype' } }, { set: ['broadcast', 'multicast'] }), { drop: null }],
      [match(field('ether', 'type'), 'ip6'), { drop: null }],
      [match(field('udp', 'dport'), 1), match({ meta: { key: 'pkttype' } }, 'host'), ACCEPT],
      [match(field('udp', 'dport'), 2), match(field('ether', 'saddr'), '00:11:22:33:44:55'), ACCEPT],
    ],
    [
      ['192.0.2.1', 1, UDP, 'accepted'],
      ['192.0.2.1', 2, UDP, 'doubtful: inet fw input handle 13: it matches ether saddr'],
    ],
  ],
  [
    'who sent first, and what is translated where nothing is',
    [
      [match({ ct: { key: 'status' } }, 'dnat'), ACCEPT],
      [match({ ct: { key: 'direction' } }, 'reply'), match(field('udp', 'dport'), 1), ACCEPT],
      [match({ ct: { key: 'direction' } }, 'original'), match(field('udp', 'dport'), 2), ACCEPT],
      [match({ ct: { key: 'status' } }, 'assured'), match(field('udp', 'dport'), 3), ACCEPT],
    ],
    [
      ['192.0.2.1', 1, UDP, 'dropped'],
      ['192.0.2.1', 1, { ...UDP, state: 'established' }, 'accepted'],
      ['192.0.2.1', 2, UDP, 'accepted'],
      ['192.0.2.1', 3, UDP, 'doubtful: inet fw input handle 13: it matches ct status'],
    ],
  ],
  [
    'what is translated where something is',
    [
      [match({ ct: { key: 'status' } }, 'dnat'), ACCEPT],
      [match(field('tcp', 'dport'), 9), { dnat: { addr: '10.0.0.1' } }],
    ],
    [['192.0.2.1', 1, UDP, 'doubtful: inet fw input handle 10: it matches ct status']],
  ],
  [
    'options of TCP and extension headers, which media over UDP has not',
    [
      [match({ 'tcp option': { name: 'maxseg', field: 'size' } }, { range: [1, 535] }), { drop: null }],
      [match({ exthdr: { name: 'rt', field: 'type' } }, 0), { drop: null }],
      [ACCEPT],
    ],
    [
      ['192.0.2.1', 1, UDP, 'accepted'],
      ['192.0.2.1', 1, TCP, 'doubtful: inet fw input handle 10: it matches options of TCP'],
    ],
  ],
  [
    'a rate limit before a jump to where something is only noted',
    [
      [{ limit: { rate: 5, per: 'minute' } }, { jump: { target: 'noting' } }],
      [{ limit: { rate: 5, per: 'minute' } }, { jump: { target: 'office' } }],
      [match(field('udp', 'dport'), 1), ACCEPT],
    ],
    [
      ['192.0.2.1', 1, UDP, 'accepted'],
      ['203.0.113.1', 2, UDP, 'doubtful: inet fw input handle 11: it has a rate limit'],
    ],
  ],
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

/** `tcp flags & MASK OP FLAGS` */
function flags(op: string, mask: unknown, right: unknown) {
  return { match: { op, left: { '&': [field('tcp', 'flags'), mask] }, right } };
}

function fib(result: string, ...of: string[]) {
  return { fib: { result, flags: of } };
}
