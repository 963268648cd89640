import { expect, test } from 'vitest';
import { type TopologyName, topology } from '../../../test/testkit/topologies.ts';
import { FORMATS, planOf } from '../index.ts';
import type { Finding, VerifyOptions } from './finding.ts';
import { readRules } from './read.ts';
import { verify, without } from './verify.ts';

const SOURCES = { policy: 'source-and-destination' } as const;
const EDGE: VerifyOptions = {
  at: 'edge',
  relayPorts: { first: 50_000, last: 59_999 },
  devices: { external: 'eth0', internal: 'eth1' },
};

test.each(['remote-users', 'lync', 'ocs2007', 'standard', 'every-partner', 'public-addresses', 'one-side'] as const)(
  '%s: what the planner writes, as JSON, CSV and iptables, has no finding',
  name => {
    for (const at of ['edge', 'perimeter'] as const) {
      expect(findings(name, exported(name, 'iptables', at), { ...EDGE, at })).toEqual([]);
    }
    for (const format of ['json', 'csv'] as const) {
      expect(findings(name, exported(name, format), { ...EDGE, at: 'perimeter' })).toEqual([]);
    }
  },
);

test('each row that is taken away is missed by its id, with its reason, and nothing else is found', () => {
  const { rules } = planOf(topology('every-partner'), SOURCES);
  const { rules: rows } = JSON.parse(exported('every-partner', 'json'));
  rules.forEach((rule, i) => {
    const list = JSON.stringify({ rules: rows.toSpliced(i, 1) });
    const found = findings('every-partner', list, { ...EDGE, at: 'perimeter' });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      kind: 'missing',
      rules: [rule.id],
      what: expect.stringContaining(rule.uses[0]!.reason),
    });
  });
});

test('each row that is widened is found, with the border that it crosses', () => {
  const [row, ...rest] = JSON.parse(exported('lync', 'json')).rules;
  const wide = { ...row, destinationPorts: '3477-3478' };
  const found = findings('lync', JSON.stringify([wide, ...rest]), { ...EDGE, at: 'perimeter' });
  expect(found).toEqual([
    {
      kind: 'too-wide',
      rules: [],
      place: 'rules[0] (external-in-udp-3478)',
      what: 'lets through what nothing configured needs: UDP from any to 10.45.16.10 port 3477',
      change: 'narrow it to the planned rules',
    },
  ]);
});

test('a row that nothing needs is unneeded', () => {
  const csv = `${exported('lync', 'csv').split('\r\n\r\n')[0]}\r\nssh,external,in,IPv4,tcp,any,any,10.45.16.10,22,,,,\r\n`;
  const [found, ...more] = findings('lync', csv, { ...EDGE, at: 'perimeter' });
  expect(more).toEqual([]);
  expect(found).toMatchObject({ kind: 'unneeded', place: 'line 8 (ssh)', what: expect.stringContaining('port 22') });
});

test('destination-only rules are enough, and too wide only for who asks for sources', () => {
  const list = FORMATS.json.render(planOf(topology('lync'), { policy: 'destination' }), { what: 'rules', at: 'edge' });
  const options = { ...EDGE, at: 'perimeter' } as const;
  expect(findings('lync', list, options)).toEqual([]);
  const strict = planOf(topology('lync'), SOURCES);
  const found = verify(strict, strict, read(list), options);
  expect(found.map(({ kind }) => kind)).toEqual(['too-wide', 'too-wide']);
});

test('nothing filtered is one finding for each way, not one for each packet', () => {
  const kinds = findings('lync', '{ "nftables": [] }').map(({ kind, place }) => `${kind} ${place}`);
  expect(kinds).toEqual(['too-wide no chain of hook input', 'too-wide no chain of hook output']);
});

test('a firewall without state loses the answers, and one that closes loopback every call within the edge', () => {
  const text = exported('remote-users', 'iptables');
  const stateless = findings('remote-users', text.replaceAll(/^-A .*ESTABLISHED.*\n/gm, ''));
  expect(new Set(stateless.map(({ change }) => change))).toEqual(
    new Set(['accept packets of established connections (ct state established,related)']),
  );
  const [deaf, ...more] = findings('remote-users', text.replaceAll(/^-A .* lo -j ACCEPT\n/gm, ''));
  expect(more).toEqual([]);
  expect(deaf).toMatchObject({ kind: 'missing', change: 'accept everything on interface lo' });
});

test('rules that the operator keeps are passed over', () => {
  const text = exported('lync', 'iptables').replace(
    'COMMIT',
    '-A INPUT -p tcp --dport 22 -m comment --comment "site: ssh" -j ACCEPT\nCOMMIT',
  );
  expect(findings('lync', text).map(({ kind }) => kind)).toEqual(['unneeded']);
  const plan = planOf(topology('lync'), SOURCES);
  expect(verify(plan, plan, without(read(text), ['site:']), EDGE)).toEqual([]);
});

test('a rule that blocks but has a comment of the operator stays in force', () => {
  const text = exported('lync', 'iptables').replace(
    '-A INPUT -m conntrack',
    '-A INPUT -p udp --dport 3478 -m comment --comment "site: no media" -j DROP\n-A INPUT -m conntrack',
  );
  const plan = planOf(topology('lync'), SOURCES);
  expect(verify(plan, plan, without(read(text), ['site:']), EDGE).map(({ kind }) => kind)).toContain('missing');
});

test('packets from the own address, which never come by the network, may be dropped or let through', () => {
  const text = exported('lync', 'iptables');
  const line = (verdict: string) =>
    text.replace(/^-A INPUT -m conntrack/m, `-A INPUT ! -i lo -s 10.45.16.10 -j ${verdict}\n$&`);
  expect(findings('lync', line('DROP'))).toEqual([]);
  expect(
    findings('lync', line('ACCEPT'))
      .map(({ what }) => what)
      .join(),
  ).not.toContain('from 10.45.16.10 to 10.45.16.10');
});

test('what depends on conditions that cannot be judged is unknown, once for each of them, with the rules that depend on it', () => {
  const text = exported('lync', 'iptables')
    .replace('COMMIT', '-A INPUT -m recent --rcheck -j ACCEPT\nCOMMIT')
    .replace(/^(-4 -A INPUT .*--dport 443)/m, '$1 -m limit');
  const found = findings('lync', text).map(({ kind, rules, what }) => ({ kind, rules, what }));
  expect(found.toSorted((a, b) => b.rules.length - a.rules.length)).toEqual([
    { kind: 'unknown', rules: ['external-in-tcp-443'], what: "can't be judged: it uses the match limit" },
    { kind: 'unknown', rules: [], what: "can't be judged: it uses the match recent" },
  ]);
});

test('the NAT table is not asked: it drops nothing', () => {
  const text = `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m recent --rcheck -j DROP\nCOMMIT\n${exported('lync', 'iptables')}`;
  expect(findings('lync', text)).toEqual([]);
});

test.each([
  ['{"rules": [{"direction": "up", "protocol": "udp"}]}', 'rules[0], direction'],
  ['[{"direction": "in", "protocol": "udp", "destinationPorts": "70000"}]', 'rules[0], destinationPorts'],
  ['[{"direction": "in", "protocol": "udp", "source": "10.0.0.1/8"}]', 'bits set beyond'],
  ['id,direction,protocol,source\r\nx,in,icmp,any\r\n', 'line 2, protocol'],
  ['{"rules": ', 'no valid JSON'],
  ['what is this', 'columns'],
])('%j is no rule list, and it is said why', (text, why) => {
  expect(readRules(text)).toEqual({ problem: expect.stringContaining(why) });
});

function exported(name: TopologyName, format: 'json' | 'csv' | 'iptables', at: 'edge' | 'perimeter' = 'edge'): string {
  return FORMATS[format].render(planOf(topology(name), SOURCES), { what: 'all', at });
}

function findings(name: TopologyName, text: string, options = EDGE): Finding[] {
  const config = topology(name);
  return verify(planOf(config, SOURCES), planOf(config, { policy: 'destination' }), read(text), options);
}

function read(text: string) {
  const ruleset = readRules(text);
  if ('problem' in ruleset) throw new Error(ruleset.problem);
  return ruleset;
}
