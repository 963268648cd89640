import { expect, test } from 'vitest';
import { configFrom, TOPOLOGIES, topology } from '../../test/testkit/topologies.ts';
import { planOf, planOfAll, type Rule, trafficText } from './index.ts';

const SOURCES = { policy: 'source-and-destination' } as const;
const CREDENTIALS = 'credentials: { secrets: [north-wind] }\n';

test('the same packets for several partners are one rule that names them all', () => {
  const rule = ruleOf('every-partner', 'external-in-udp-3478');
  expect(rule.uses.map(({ whom }) => whom)).toEqual([
    'remote users',
    'contoso.example (lync)',
    'fabrikam.example (ocs2007r2)',
    'litware.example (ocs2007)',
  ]);
  expect(rule.uses.map(({ origin }) => origin)).toEqual([
    'external.udp',
    'federation[0]',
    'federation[1]',
    'federation[2]',
  ]);
});

test('a rule that a wider one covers is a use of the wider one, whichever stands first', () => {
  const narrowFirst = configFrom(`external: { address: 192.0.2.10 }
internal: { address: 10.0.0.1, networks: [10.0.0.0/8] }
federation: [{ name: a.example, kind: lync, addresses: [198.51.100.7] }, { name: b.example, kind: lync }]
${CREDENTIALS}`);
  const out = planOf(narrowFirst, SOURCES).rules.filter(({ direction }) => direction === 'out');
  expect(out.map(({ id }) => id)).toEqual(['external-out-udp-3478', 'external-out-tcp-443']);
  expect(out[0]!.uses.map(({ whom }) => whom)).toEqual(['a.example (lync)', 'b.example (lync)']);
});

test('addresses of a partner narrow what it alone needs, and its name is in the id', () => {
  const rule = ruleOf('every-partner', 'external-in-tcp-50000-59999-litware.example');
  expect(trafficText(rule)).toBe(
    'external in TCP IPv4 from 198.51.100.0/25, 203.0.113.7 port any to 10.45.16.10 port 50000-59999',
  );
});

test('a partner with addresses of one family alone opens nothing in the other', () => {
  const config = configFrom(`external: { address: [192.0.2.10, "2001:db8::10"] }
internal: { address: 10.0.0.1, networks: [10.0.0.0/8] }
federation: [{ name: a.example, kind: standard, addresses: ["2001:db8:ffff::/48"] }]
${CREDENTIALS}`);
  const relayed = planOf(config, SOURCES).rules.filter(({ feature }) => feature === 'relayed-media');
  expect(relayed.map(({ family }) => family)).toEqual([6, 6]);
});

test('a network that contains another is not covered by it, and covers it', () => {
  const config = configFrom(`external: { address: 192.0.2.10 }
internal: { address: 10.0.0.1, networks: [10.0.0.0/8] }
federation:
  - { name: part.example, kind: standard, addresses: [198.51.100.0/25] }
  - { name: whole.example, kind: standard, addresses: [198.51.100.0/24] }
${CREDENTIALS}`);
  const relayed = planOf(config, SOURCES).rules.filter(({ feature }) => feature === 'relayed-media');
  expect(relayed.map(({ id, uses }) => [id, uses.length])).toEqual([
    ['external-in-udp-50000-59999-whole.example', 2],
    ['external-out-udp-any-whole.example', 2],
  ]);
});

test('loopback, which an edge that is tried on one machine allows, meets no firewall', () => {
  const config = configFrom(`external: { address: 192.0.2.10, peers: { allow: [127.0.0.0/8, "::1"] } }
internal: { address: 10.0.0.1, networks: [10.0.0.0/8] }
${CREDENTIALS}`);
  expect(planOf(config, SOURCES).rules.filter(({ feature }) => feature === 'relayed-media')).toEqual([]);
});

test('every rule has an id of its own, and every use says who, why and where it comes from', () => {
  for (const name of ['every-partner', 'public-addresses', 'one-side', 'pool-of-two-addresses'] as const) {
    const { rules } = planOf(topology(name), SOURCES);
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { whom, reason, origin } of rules.flatMap(({ uses }) => uses)) {
      expect(reason).toMatch(/^[A-Z].*\.$/);
      expect(whom).not.toBe('');
      expect(origin).toMatch(/^[a-z][\w.]*(\[\d+\])?$/i);
    }
  }
});

test.each([
  ['ldaps://10.0.0.9', ['internal out TCP IPv4 from 10.0.0.1 port any to 10.0.0.9 port 636']],
  ['ldaps://ldap.example.test:6360', ['internal out TCP IPv4 from 10.0.0.1 port any to 10.0.0.0/8 port 6360']],
  ['ldap://127.0.0.1', []],
])('the way to the directory at %s', (url, ways) => {
  const config = configFrom(`external: { address: 192.0.2.10 }
internal: { address: 10.0.0.1, networks: [10.0.0.0/8] }
access: { domain: example.test, ldap: { url: "${url}", bind: "{user}@example.test" } }
${CREDENTIALS}`);
  const out = planOf(config, SOURCES).rules.filter(
    ({ feature, direction }) => feature === 'sign-in' && direction === 'out',
  );
  expect(out.map(trafficText)).toEqual(ways);
});

test('an edge without an internal side relays to peers anywhere; one with an internal side does not', () => {
  expect(idsOf('one-side')).toContain('external-out-udp-any');
  expect(idsOf('remote-users')).toEqual([
    'external-in-udp-3478',
    'external-in-tcp-443',
    'internal-in-udp-3478',
    'internal-in-tcp-443',
  ]);
});

test('networks that the peer policy allows are opened for relays of an edge with two sides, and no others', () => {
  const config = configFrom(`external: { address: 192.0.2.10, peers: { allow: [203.0.113.0/24] } }
internal: { address: 10.0.0.1, networks: [10.0.0.0/8] }
${CREDENTIALS}`);
  const relayed = planOf(config, SOURCES).rules.filter(({ feature }) => feature === 'relayed-media');
  expect(relayed.map(trafficText)).toEqual([
    'external in UDP IPv4 from 203.0.113.0/24 port any to 192.0.2.10 port 50000-59999',
    'external out UDP IPv4 from 192.0.2.10 port 50000-59999 to 203.0.113.0/24 port any',
  ]);
});

test('the configured ports and relay range are planned, not the usual ones', () => {
  const config = configFrom(`external: { address: 192.0.2.10, udp: [3479, 3480], tcp: [] }
relayPorts: 40000-40099
federation: [{ name: a.example, kind: ocs2007 }]
internal: { address: 10.0.0.1, networks: [10.0.0.0/8], udp: 5000, tcp: [] }
${CREDENTIALS}`);
  const ids = planOf(config, SOURCES).rules.map(({ id }) => id);
  expect(ids).toContain('external-in-udp-3479');
  expect(ids).toContain('external-in-udp-3480');
  expect(ids).toContain('external-in-udp-40000-40099');
  expect(ids).toContain('internal-in-udp-5000');
  expect(ids.filter(id => id.startsWith('external-in-tcp'))).toEqual(['external-in-tcp-40000-40099']);
});

test('answers to clients that test their NAT leave by a rule of their own, where the edge can give them', () => {
  const sending = (udp: string) =>
    planOf(
      configFrom(`external: { address: [192.0.2.10, 192.0.2.11], udp: ${udp} }
internal: { address: 10.0.0.1, networks: [10.0.0.0/8] }
${CREDENTIALS}`),
      SOURCES,
    ).rules.filter(({ feature }) => feature === 'nat-discovery');
  expect(sending('[3478, 3479]').map(trafficText)).toEqual([
    'external out UDP IPv4 from 192.0.2.10, 192.0.2.11 port 3478 to any port any',
    'external out UDP IPv4 from 192.0.2.10, 192.0.2.11 port 3479 to any port any',
  ]);
  expect(sending('3478')).toEqual([]);
});

test('the admin listener is opened to the internal networks, never outside and not on loopback', () => {
  const rule = ruleOf('public-addresses', 'internal-in-tcp-8080');
  expect(trafficText(rule)).toContain('from 192.168.0.0/16 port any to 192.168.7.10 port 8080');
  const forced = configFrom(`external: { address: 192.0.2.10 }
admin: { address: 192.0.2.10, token: t0ken, allowExternal: true }
${CREDENTIALS}`);
  const local = configFrom(`external: { address: 192.0.2.10 }\nadmin: { token: t0ken }\n${CREDENTIALS}`);
  for (const config of [forced, local]) {
    expect(planOf(config, SOURCES).rules.map(({ feature }) => feature)).not.toContain('administration');
  }
});

test('what cannot be planned is noted: ports drawn at start, and IPv4 partners of an IPv6 edge', () => {
  const config = configFrom(`external: { address: "2001:db8::10", udp: 0 }
federation: [{ name: a.example, kind: lync }]
${CREDENTIALS}`);
  const { notes, rules } = planOf(config, SOURCES);
  expect(notes.join('\n')).toContain('external.udp has 0');
  expect(notes.join('\n')).toContain('a.example (lync) speaks IPv4 only');
  expect(rules.map(({ id }) => id)).not.toContain('external-in-udp-0-ipv6');
});

test('a partner whose UDP this edge does not speak yet is noted', () => {
  expect(planOf(topology('lync'), SOURCES).notes.join()).toContain('contoso.example (lync) takes UDP between edges');
  expect(planOf(topology('ocs2007'), SOURCES).notes).toEqual([]);
});

test('names come from the realm, from --name, or are a placeholder that is noted', () => {
  const owners = (name?: string) =>
    planOf(topology('remote-users'), { ...SOURCES, name }).dns.map(({ owner }) => owner);
  expect(owners()).toContain('turn.example.org');
  expect(owners('av.contoso.example')).toContain('av.contoso.example');
  expect(owners('av.contoso.example')).toContain('_turn._udp.contoso.example');
  expect(planOf(topology('one-side'), SOURCES).notes.join()).toContain('--name');
});

test('turns: is announced only with a certificate; public addresses are announced, never translated ones', () => {
  const types = (name: 'public-addresses' | 'remote-users') => planOf(topology(name), SOURCES).dns;
  expect(types('public-addresses').some(({ owner }) => owner.startsWith('_turns.'))).toBe(true);
  expect(types('remote-users').some(({ owner }) => owner.startsWith('_turns.'))).toBe(false);
  expect(types('remote-users').find(({ type }) => type === 'A')?.value).toBe('131.107.155.30');
});

test('a plan for several edges has a rule of each for each port, and what they share once', () => {
  const mate = configFrom(TOPOLOGIES.lync.replace('10.45.16.10', '10.45.16.11').replace('155.30', '155.31'));
  const { rules, nat, certificates } = planOfAll([topology('lync'), mate], SOURCES);
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  expect(rules.map(({ id }) => id)).toContain('external-in-udp-3478-10.45.16.11');
  expect(nat).toHaveLength(6);
  expect(certificates).toHaveLength(2);
  expect(planOfAll([mate], SOURCES)).toEqual(planOf(mate, SOURCES));
});

function ruleOf(name: Parameters<typeof topology>[0], id: string): Rule {
  const rule = planOf(topology(name), SOURCES).rules.find(each => each.id === id);
  if (rule === undefined) throw new Error(`${name} has no rule ${id}`);
  return rule;
}

function idsOf(name: Parameters<typeof topology>[0]): string[] {
  return planOf(topology(name), SOURCES).rules.map(({ id }) => id);
}
