import { expect, test } from 'vitest';
import { formatPrefix } from '../../policy/index.ts';
import { formatIp } from '../../wire/index.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

const TWO_SIDES = `
external: { address: 10.45.16.10, public: 131.107.155.30, device: eth0 }
internal: { address: 10.1.0.10, networks: [10.1.0.0/16], device: eth1 }
federation:
  - { name: contoso.example, kind: lync, addresses: [198.51.100.7] }
  - { name: fabrikam.example, kind: ocs2007 }
credentials: { secrets: [s] }
`;
const SECRET = 'credentials: { secrets: [s] }\n';

test('an edge between two networks says where it stands', () => {
  const { external, internal, federation } = load(TWO_SIDES);
  expect(external.addresses.map(formatIp)).toEqual(['10.45.16.10']);
  expect(external.public.map(formatIp)).toEqual(['131.107.155.30']);
  expect(external.device).toBe('eth0');
  expect(internal?.addresses.map(formatIp)).toEqual(['10.1.0.10']);
  expect(internal?.networks.map(formatPrefix)).toEqual(['10.1.0.0/16']);
  expect(internal).toMatchObject({ udp: [3478], tcp: [443], device: 'eth1' });
  expect(federation.map(({ name, kind, addresses }) => [name, kind, addresses.map(formatPrefix)])).toEqual([
    ['contoso.example', 'lync', ['198.51.100.7/32']],
    ['fabrikam.example', 'ocs2007', []],
  ]);
});

test('without a NAT clients are told the addresses themselves, and without an inside there is one side', () => {
  const { external, internal, federation } = load(`external: { address: [192.0.2.1, "2001:db8::1"] }\n${SECRET}`);
  expect(external.public.map(formatIp)).toEqual(['192.0.2.1', '2001:db8::1']);
  expect(internal).toBeUndefined();
  expect(federation).toEqual([]);
});

const OUT = 'external: { address: [192.0.2.1, "2001:db8::1"] }\n';

test.each<[string, string, string]>([
  ['external: { address: [192.0.2.1, 192.0.2.2], public: 198.51.100.1 }', 'external.public', 'has 1 of 2'],
  ['external: { address: 192.0.2.1, public: [198.51.100.1, 198.51.100.2] }', 'external.public', 'has 2 of 1'],
  ['external: { address: 192.0.2.1, public: "2001:db8::1" }', 'external.public', 'is IPv6, but 192.0.2.1'],
  ['external: { address: [192.0.2.1, 192.0.2.2], public: [198.51.100.1, 198.51.100.1] }', 'external.public[1]', 'two'],
  ['external: { address: [192.0.2.1, 192.0.2.2], public: [192.0.2.2, 198.51.100.1] }', 'external.public[0]', 'another'],
  ['external: { address: 192.0.2.1, public: 0.0.0.0 }', 'external.public', 'wildcard'],
  ['external: { address: 192.0.2.1, device: eth0/1 }', 'external.device', 'network interface'],
  ['external: { address: 192.0.2.1, device: sixteen-letters1 }', 'external.device', 'network interface'],
  [`${OUT}internal: { address: 10.1.0.1 }`, 'internal.networks', 'missing'],
  [`${OUT}internal: { address: 10.1.0.1, networks: [] }`, 'internal.networks', 'at least 1'],
  [`${OUT}internal: { networks: [10.1.0.0/16] }`, 'internal.address', 'missing'],
  [`${OUT}internal: { address: 192.0.2.1, networks: [10.0.0.0/8] }`, 'internal.address', 'also in external.address'],
  [
    'external: { address: 192.0.2.1, public: 198.51.100.1 }\ninternal: { address: 198.51.100.1, networks: [10.0.0.0/8] }',
    'internal.address',
    'also in external.public',
  ],
  [`${OUT}internal: { address: 10.1.0.1, networks: [10.0.0.0/8], udp: [], tcp: [] }`, 'internal', 'no listener'],
  [`${OUT}internal: { address: 10.1.0.1, networks: [10.0.0.0/8], tcp: [1, 1] }`, 'internal.tcp[1]', 'listed twice'],
  [`${OUT}internal: { address: 10.1.0.1, networks: [0.0.0.0/0] }`, 'internal.networks[0]', 'contains 192.0.2.1'],
  [
    `${OUT}internal: { address: 10.1.0.1, networks: [10.0.0.0/8, "2001:db8::/32"] }`,
    'internal.networks[1]',
    'external',
  ],
  [
    'external: { address: 192.0.2.1, public: 10.1.0.2 }\ninternal: { address: 10.2.0.1, networks: [10.1.0.0/16] }',
    'internal.networks[0]',
    'contains 10.1.0.2',
  ],
  [
    'external: { address: 192.0.2.1, peers: { allow: [10.1.2.0/24] } }\ninternal: { address: 10.1.0.1, networks: [10.1.0.0/16] }',
    'external.peers.allow[0]',
    'nothing is ever relayed',
  ],
  [
    `${OUT}internal: { address: 10.1.0.1, networks: [10.0.0.0/8] }\nadmin: { address: 10.1.0.1, port: 443, token: t }`,
    'admin.port',
    'also in internal.tcp',
  ],
  [`${OUT}admin: { address: 192.0.2.1, token: t }`, 'admin.address', 'on the external side'],
  [`${OUT}admin: { address: 0.0.0.0, token: t }`, 'admin.address', 'every address'],
  [`${OUT}admin: { address: "::", token: t }`, 'admin.address', 'every address'],
  [`${OUT}federation: [{ name: contoso.example }]`, 'federation[0].kind', 'must be one of'],
  [`${OUT}federation: [{ name: contoso.example, kind: skype }]`, 'federation[0].kind', 'must be one of'],
  [`${OUT}federation: [{ name: "contoso example", kind: lync }]`, 'federation[0].name', 'must be a domain'],
  [
    `${OUT}federation: [{ name: a.example, kind: lync }, { name: A.example, kind: standard }]`,
    'federation[1].name',
    'listed twice',
  ],
  [
    `${OUT}federation: [{ name: a.example, kind: lync }, { name: b.example, kind: lync, domains: [b.example, A.example] }]`,
    'federation[1].domains[1]',
    'a.example is listed twice',
  ],
  [
    `${OUT}federation: [{ name: a.example, kind: lync, domains: ["*.a.example"] }]`,
    'federation[0].domains[0]',
    'is no domain',
  ],
  [`${OUT}federation: [{ name: a.example, kind: lync, domains: [] }]`, 'federation[0].domains', 'at least one'],
  [`${OUT}federation: [{ name: a.example, kind: lync, edge: "sip.a.example:0" }]`, 'federation[0].edge', 'no host'],
  [`${OUT}federation: [{ name: a.example, kind: lync, edge: "https://a" }]`, 'federation[0].edge', 'no host'],
])('%j is refused at %s', (text, key, message) => {
  const { problems } = loadConfig(`${text}\n${SECRET}`, 'edge.yaml');
  expect(problems?.map(problem => problem.key.replace('internal.address[0]', 'internal.address'))).toEqual([key]);
  expect(problems?.[0]?.message).toContain(message);
});

test.each([
  'admin: { address: 192.0.2.1, allowExternal: true, token: t }',
  'admin: { address: 0.0.0.0, allowExternal: true, token: t }',
  'admin: { address: 127.0.0.1, token: t }',
  'admin: { address: 10.1.0.1, token: t }',
])('%s is where an admin listener may be', text => {
  expect(load(`external: { address: 192.0.2.1 }\n${text}\n${SECRET}`).admin).toBeDefined();
});

test('an edge on loopback, to try things on, may have its admin listener there', () => {
  expect(load(`external: { address: 127.0.0.1 }\nadmin: { token: t }\n${SECRET}`).admin?.allowExternal).toBe(false);
});

test.each<[string, string, string]>([
  ['external: { address: 10.45.16.10 }', 'external.address', 'nobody on the Internet reaches it'],
  ['external: { address: 10.45.16.10, public: 100.64.0.1 }', 'external.public', 'shared (CGNAT)'],
  [
    `${OUT}internal: { address: 10.1.0.1, networks: [10.2.0.0/16] }`,
    'internal.address',
    'in none of internal.networks',
  ],
  [
    'external: { address: [192.0.2.1, 192.0.2.2], udp: [3478, 3479] }',
    'limits.amplification',
    'has 2.8 times its length',
  ],
  [
    'external: { address: ["2001:db8::1", "2001:db8::2"], udp: [3478, 3479] }\nlimits: { amplification: 3 }',
    'limits.amplification',
    'has 4.6 times its length',
  ],
])('%j is doubted at %s', (text, key, message) => {
  const loaded = loadConfig(`${text}\n${SECRET}`, 'edge.yaml');
  expect(loaded.problems).toBeUndefined();
  const warnings = 'warnings' in loaded ? loaded.warnings : [];
  expect(warnings.map(warning => warning.key.replace('[0]', ''))).toEqual([key]);
  expect(warnings[0]?.message).toContain(message);
});

test.each([
  'external: { address: [192.0.2.1, 192.0.2.2], udp: [3478, 3479] }\nlimits: { amplification: 2.8 }\ncredentials: { secrets: [s] }',
  'external: { address: [192.0.2.1, "2001:db8::1"], udp: [3478, 3479] }\ncredentials: { secrets: [s] }',
  TWO_SIDES,
  `external: { address: 127.0.0.1 }\n${SECRET}`,
  `external: { address: 192.0.2.1 }\n${SECRET}`,
])('there is no doubt about %j', text => {
  expect(loadConfig(text, 'edge.yaml')).toMatchObject({ warnings: [] });
});

function load(text: string) {
  const { config, problems } = loadConfig(text, 'edge.yaml');
  if (config === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return config;
}
