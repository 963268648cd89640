import { expect, test } from 'vitest';
import { formatIp } from '../../wire/index.ts';
import { accessListeners } from './access-listeners.ts';
import { loadConfig } from './load.ts';
import { printConfig } from './print.ts';
import { formatProblem } from './problem.ts';

const OUT = 'external: { address: 203.0.113.5 }\n';
const BOTH = 'external: { address: 203.0.113.5 }\ninternal: { address: 10.0.0.5, networks: [10.0.0.0/8] }\n';
const SECRET = 'credentials: { secrets: [s] }\n';

const DIRECTORY = 'url: "ldaps://ldap.example.test", bind: "{user}@example.test"';
const withLdap = (ldap: string, more = '') => `${OUT}${SECRET}access: { users: u, ${more} ldap: { ${ldap} } }`;
const LDAP_MISTAKES: readonly [string, string][] = [
  [withLdap('bind: "{user}@a", url: "https://a"'), 'access.ldap.url: "https://a" is no LDAP URL'],
  [withLdap('bind: "{user}@a", url: "ldap.example.com"'), 'access.ldap.url: "ldap.example.com" is no LDAP URL'],
  [withLdap('bind: "{user}@a", url: "ldaps://a/dc=example"'), 'access.ldap.url: "ldaps://a/dc=example" says more'],
  [withLdap('bind: "{user}@a", url: "ldaps://admin:x@a"'), 'access.ldap.url: nobody but users binds'],
  [withLdap('bind: "{user}@a", url: "ldap://a"'), 'access.ldap.url: passwords would cross the network in the clear'],
  [withLdap('bind: "{user}@a", url: "ldaps://a", startTls: true'), 'access.ldap.startTls: ldaps:// has TLS from'],
  [withLdap('bind: "uid=alice", url: "ldaps://a"'), 'access.ldap.bind: must hold {user} once'],
  [withLdap('bind: "uid={user},cn={user}", url: "ldaps://a"'), 'access.ldap.bind: must hold {user} once'],
  [withLdap('bind: "{user}", url: "ldaps://a"'), 'access.ldap.bind: must hold {user} once'],
  [withLdap(DIRECTORY, 'wss: [],'), 'access.ldap: its users sign in over HTTPS first'],
  [
    withLdap(DIRECTORY, 'internal: "sip:pool",'),
    "access.ldap: users who are not in the file would be both the directory's",
  ],
];

test.each([
  ['ldaps://ldap.example.test', { host: 'ldap.example.test', port: 636, isSecure: true, isHere: false }],
  ['ldaps://[fd00::9]:6360', { host: 'fd00::9', port: 6360, isSecure: true, isHere: false }],
  ['ldap://127.0.0.1', { host: '127.0.0.1', port: 389, isSecure: false, isHere: true }],
  ['ldap://localhost/', { host: 'localhost', port: 389, isSecure: false, isHere: true }],
])('the directory at %s', (url, server) => {
  expect(load(withLdap(`url: "${url}", bind: "{user}@a"`)).access?.ldap?.server).toMatchObject(server);
});

test('all users may be in the directory: then the domain is said; a printed configuration is one again', () => {
  const ldap = 'url: "ldap://a", startTls: true, bind: "uid={user},dc=a", authorities: ca.pem';
  const config = load(`${OUT}${SECRET}access: { domain: example.test, ldap: { ${ldap} } }`);
  expect(config.access?.ldap).toMatchObject({ startTls: true, authorities: '/etc/sallyport/ca.pem' });
  expect(load(printConfig(config).replace(/secrets:\n.*\n/, 'secrets: [s]\n')).access).toEqual(config.access);
});

test('an Access Edge of two lines listens for SIP over TLS and for browsers, on both sides; paths are beside the file', () => {
  const config = load(`${BOTH}${SECRET}access: { users: users.yaml }`);
  expect(config.access).toMatchObject({
    users: '/etc/sallyport/users.yaml',
    tls: [5061],
    wss: [8443],
    ws: [],
    tcp: [],
  });
  expect(
    accessListeners(config).map(one => `${one.transport} ${one.side} ${formatIp(one.address)}:${one.port}`),
  ).toEqual([
    'TLS external 203.0.113.5:5061',
    'TLS internal 10.0.0.5:5061',
    'WSS external 203.0.113.5:8443',
    'WSS internal 10.0.0.5:8443',
  ]);
});

test.each([
  [BOTH, ['WS internal 10.0.0.5:80', 'TCP internal 10.0.0.5:5060']],
  [OUT, ['WS external 127.0.0.1:80', 'TCP external 127.0.0.1:5060']],
  ['external: { address: 127.0.0.1 }\n', ['WS external 127.0.0.1:80', 'TCP external 127.0.0.1:5060']],
])('what is not encrypted is inside, or on loopback: %s', (sides, listeners) => {
  const config = load(`${sides}${SECRET}access: { users: u, tls: [], wss: [], ws: 80, tcp: 5060 }`);
  expect(
    accessListeners(config).map(one => `${one.transport} ${one.side} ${formatIp(one.address)}:${one.port}`),
  ).toEqual(listeners);
});

test('an Access Edge without a certificate is told that phones refuse it, unless it is there to try', () => {
  const saidOf = (text: string) => {
    const loaded = loadConfig(text, 'edge.yaml');
    return loaded.config === undefined ? ['refused'] : loaded.warnings.map(({ message }) => message);
  };
  expect(saidOf(`${OUT}${SECRET}access: { users: u }`)).toEqual([
    expect.stringContaining('phones and browsers refuse'),
  ]);
  expect(saidOf(`external: { address: 127.0.0.1 }\n${SECRET}access: { users: u }`)).toEqual([]);
  expect(saidOf(`${OUT}${SECRET}tls: { certificate: c, key: k }\naccess: { users: u }`)).toEqual([]);
});

test.each([
  ['sip:pool.example.com;transport=tls', { transport: 'TLS', host: 'pool.example.com', port: 5061 }],
  ['sip:pool.example.com', { transport: 'TCP', host: 'pool.example.com', port: 5060 }],
  ['sips:10.0.0.9:5062', { transport: 'TLS', host: '10.0.0.9', port: 5062 }],
  ['sip:[fd00::9]:5060;transport=tcp', { transport: 'TCP', host: 'fd00::9', port: 5060 }],
])('the server inside at %s', (uri, server) => {
  expect(load(`${OUT}${SECRET}access: { users: u, internal: "${uri}" }`).access?.internal).toMatchObject(server);
});

test.each([
  [`${OUT}${SECRET}access: {}`, 'access: nobody could sign in'],
  [`${OUT}${SECRET}access: { domain: example.com }`, 'access: nobody could sign in'],
  [`${OUT}credentials: { users: { a: b } }\naccess: { users: u }`, 'access: who signs in is given credentials'],
  [`${OUT}${SECRET}access: { users: u, tls: [], wss: [] }`, 'access: no listener is left'],
  [`${OUT}${SECRET}access: { users: u, wss: 443 }`, 'access.wss: 203.0.113.5 port 443 is also in external.tcp'],
  [
    `${OUT}${SECRET}access: { users: u, wss: [8443, 5061] }`,
    'access.wss[1]: 203.0.113.5 port 5061 is also in access.tls',
  ],
  [`${OUT}${SECRET}access: { users: u, tls: 50001 }`, 'access.tls: 50001 lies in relayPorts'],
  [
    `${OUT}${SECRET}admin: { token: t }\naccess: { users: u, ws: 8080 }`,
    'access.ws: 127.0.0.1 port 8080 is also in admin.port',
  ],
  [`${OUT}${SECRET}access: { users: u, name: "no name" }`, 'access.name: must be a name such as sip.example.com'],
  [
    `${OUT}${SECRET}access: { users: u, origins: [phone.example.com] }`,
    'access.origins[0]: "phone.example.com" is no origin',
  ],
  [
    `${OUT}${SECRET}access: { users: u, origins: ["https://a.example/x"] }`,
    'access.origins[0]: "https://a.example/x" is no',
  ],
  [
    `${OUT}${SECRET}access: { users: u, internal: pool.example.com }`,
    'access.internal: "pool.example.com" is no SIP URI',
  ],
  [`${OUT}${SECRET}access: { users: u, internal: "sip:a@pool" }`, 'access.internal: a server has no user'],
  [
    `${OUT}${SECRET}access: { users: u, internal: "sip:pool;transport=udp" }`,
    'access.internal: transport=udp is not spoken to servers',
  ],
  ...LDAP_MISTAKES,
])('%s is refused', (text, said) => {
  const { problems = [] } = loadConfig(text, '/etc/sallyport/edge.yaml');
  expect(problems.map(formatProblem).join('\n')).toContain(said);
});

function load(text: string) {
  const { config, problems } = loadConfig(text, '/etc/sallyport/edge.yaml');
  if (config === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return config;
}
