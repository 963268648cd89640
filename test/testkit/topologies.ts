import { type Config, formatProblem, loadConfig } from '../../src/control/config/index.ts';

/** The topologies of the deployment documents as configurations, by name. The addresses are those of their worked example. */
export const TOPOLOGIES = {
  'remote-users': edge(''),
  lync: edge('federation: [{ name: contoso.example, kind: lync }]'),
  ocs2007r2: edge('federation: [{ name: contoso.example, kind: ocs2007r2 }]'),
  ocs2007: edge('federation: [{ name: contoso.example, kind: ocs2007 }]'),
  standard: edge('federation: [{ name: contoso.example, kind: standard }]'),
  'every-partner': edge(`federation:
  - { name: contoso.example, kind: lync }
  - { name: fabrikam.example, kind: ocs2007r2 }
  - { name: litware.example, kind: ocs2007, addresses: [198.51.100.0/25, 203.0.113.7] }
  - { name: proseware.example, kind: standard, addresses: [192.0.2.128/25] }`),
  'public-addresses': `realm: example.org
external: { address: [198.51.100.10, "2001:db8::10"] }
internal: { address: [192.168.7.10, "2001:db8:7::10"], networks: [192.168.0.0/16, "2001:db8:4000::/36"] }
federation: [{ name: contoso.example, kind: lync }, { name: proseware.example, kind: standard }]
admin: { address: 192.168.7.10, port: 8080, token: t0ken }
tls: { certificate: cert.pem, key: key.pem }
credentials: { secrets: [north-wind] }
`,
  'pool-of-two-addresses': `realm: example.org
external: { address: [10.45.16.10, 10.45.16.11], public: [131.107.155.30, 131.107.155.31] }
internal: { address: 192.168.7.10, networks: [192.168.0.0/16, 172.16.0.0/12] }
federation: [{ name: contoso.example, kind: lync }]
credentials: { secrets: [north-wind] }
`,
  'access-edge': edge(`access:
  users: users.yaml
  domain: example.org
  name: sip.example.org
  internal: sip:192.168.7.20;transport=tls`),
  'one-side': `external: { address: 192.0.2.10, peers: { allow: [10.20.0.0/16] } }
credentials: { secrets: [north-wind] }
`,
} as const;

export type TopologyName = keyof typeof TOPOLOGIES;

/** A single edge behind a NAT that translates one address. */
function edge(more: string): string {
  return `realm: example.org
external: { address: 10.45.16.10, public: 131.107.155.30 }
internal: { address: 192.168.7.10, networks: [192.168.0.0/16] }
credentials: { secrets: [north-wind] }
${more}
`;
}

export function topology(name: TopologyName): Config {
  return configFrom(TOPOLOGIES[name]);
}

export function configFrom(text: string): Config {
  const { config, problems } = loadConfig(text, 'edge.yaml');
  if (config === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return config;
}
