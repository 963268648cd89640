import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPrefix } from '../../policy/index.ts';
import { formatIp } from '../../wire/index.ts';
import { loadConfig } from './load.ts';
import { formatProblem, type Problem } from './problem.ts';

const SHOWN = `
realm: example.test
external:
  address: 127.0.0.1
  udp: 3478
  tcp: [3478, 5349]
  peers: { allow: [127.0.0.0/8] }
relayPorts: 50000-59999
credentials:
  secrets: [north-wind]
  users: { alice: wonderland }
admin: { address: 127.0.0.1, port: 8080, token: t0ken }
`;
const LEAST = 'external: { address: 192.0.2.1 }\ncredentials: { secrets: [s] }\n';

test('the configuration that the documentation shows works as it stands', () => {
  const config = load(SHOWN);
  expect(config.realm).toBe('example.test');
  expect(config.external.addresses.map(formatIp)).toEqual(['127.0.0.1']);
  expect(config.external.udp).toEqual([3478]);
  expect(config.external.tcp).toEqual([3478, 5349]);
  expect(config.external.peers.allow.map(formatPrefix)).toEqual(['127.0.0.0/8']);
  expect(config.relayPorts).toEqual({ first: 50_000, last: 59_999 });
  expect(config.credentials.secrets).toEqual([{ from: 'value', value: 'north-wind' }]);
  expect(config.credentials.users).toEqual([{ name: 'alice', password: { from: 'value', value: 'wonderland' } }]);
  expect(config.admin?.port).toBe(8080);
});

test('everything but an address and a credential has a default', () => {
  const config = load(LEAST);
  expect(config).toMatchObject({
    realm: 'sallyport',
    external: { udp: [3478], tcp: [443], peers: { allow: [], deny: [] } },
    relayPorts: { first: 50_000, last: 59_999 },
    credentials: { users: [], lifetimeSeconds: 28_800 },
    limits: { amplification: 2 },
    lifetimes: { allocationSeconds: 600, mostSeconds: 3600, idleSeconds: 600, nonceSeconds: 3600 },
    engines: ['mmsg', 'dgram'],
    log: { level: 'info' },
  });
  expect(config.admin).toBeUndefined();
  expect(config.tls).toBeUndefined();
});

test('addresses may be IPv4 and IPv6, JSON is accepted', () => {
  const config = load('{"external":{"address":["192.0.2.1","2001:db8::1"]},"credentials":{"users":{"a":"b"}}}');
  expect(config.external.addresses.map(formatIp)).toEqual(['192.0.2.1', '2001:db8::1']);
});

test('files are looked for beside the config, unless their path is absolute', () => {
  const text =
    'external: { address: 192.0.2.1 }\ncredentials: { secrets: ["file:s1", "file:/run/s2"] }\n' +
    'tls: { certificate: tls/cert.pem, key: /etc/key.pem }';
  const config = load(text, '/etc/sallyport/edge.yaml');
  expect(config.credentials.secrets).toEqual([
    { from: 'file', path: '/etc/sallyport/s1' },
    { from: 'file', path: '/run/s2' },
  ]);
  expect(config.tls).toEqual({ certificate: '/etc/sallyport/tls/cert.pem', key: '/etc/key.pem' });
});

test('an unknown key is placed on the key and the meant one suggested', () => {
  expect(problemsOf(`${LEAST}relayports: 50000-50100\n`)).toEqual([
    {
      file: 'edge.yaml',
      line: 3,
      column: 1,
      key: 'relayports',
      message: 'unknown key',
      suggestion: 'did you mean relayPorts?',
    },
  ]);
});

test('all problems are reported at once, each at its place, in the order of the file', () => {
  const text = `realm: 7
external:
  address: 127.0.0.1
  udp: [3478, 99999]
  tcp: {}
credentials:
  lifetime: 9h
  secrets: []
limits: { amplificaton: 3, connections: 0 }
`;
  expect(problemsOf(text).map(p => `${p.line}:${p.column} ${p.key}: ${p.message}`)).toEqual([
    '1:8 realm: must be text',
    '4:15 external.udp[1]: must be at most 65535',
    '5:8 external.tcp: must be a number or a list',
    '7:13 credentials.lifetime: 9h is above the limit of 8h, which no configuration raises',
    '9:11 limits.amplificaton: unknown key',
    '9:41 limits.connections: must be at least 1',
  ]);
});

test.each<[string, string, string]>([
  ['', 'external', 'this key is missing'],
  ['external: {}\ncredentials: { secrets: [s] }', 'external.address', 'this key is missing'],
  ['external: { address: [] }\ncredentials: { secrets: [s] }', 'external.address', 'at least one address'],
  ['external: { address: 0.0.0.0 }\ncredentials: { secrets: [s] }', 'external.address', 'wildcard'],
  ['external: { address: "::" }\ncredentials: { secrets: [s] }', 'external.address', 'wildcard'],
  ['external: { address: ["::ffff:0.0.0.0"] }\ncredentials: { secrets: [s] }', 'external.address[0]', 'wildcard'],
  ['external: { address: 224.0.0.1 }\ncredentials: { secrets: [s] }', 'external.address', 'multicast'],
  ['external: { address: "ff02::1" }\ncredentials: { secrets: [s] }', 'external.address', 'multicast'],
  ['external: { address: 255.255.255.255 }\ncredentials: { secrets: [s] }', 'external.address', 'multicast'],
  ['external: { address: edge.example }\ncredentials: { secrets: [s] }', 'external.address', 'is not an IP address'],
  [LEAST.replace(' }\n', ', udp: [], tcp: [] }\n'), 'external', 'no listener'],
  [LEAST.replace(' }\n', ', udp: [1, 1] }\n'), 'external.udp[1]', 'listed twice'],
  [LEAST.replace('192.0.2.1', '[192.0.2.1, "::ffff:192.0.2.1"]'), 'external.address[1]', 'listed twice'],
  [LEAST.replace(' }\n', ', peers: { allow: [10.0.0.1/8] } }\n'), 'external.peers.allow[0]', '10.0.0.0/8'],
  [LEAST.replace(' }\n', ', peers: { allow: [10.0.0.0/8], deny: [10.0.0.0/8] } }\n'), 'external.peers.deny[0]', 'both'],
  [`${LEAST}relayPorts: 50000`, 'relayPorts', 'first-last'],
  [`${LEAST}relayPorts: 60000-50000`, 'relayPorts', 'ends before it begins'],
  [`${LEAST}relayPorts: 1000-2000`, 'relayPorts', '1024 to 65535'],
  [`${LEAST}relayPorts: 2000-65536`, 'relayPorts', '1024 to 65535'],
  [`${LEAST}relayPorts: 3000-4000`, 'relayPorts', 'contains the listener port 3478'],
  ['external: { address: 192.0.2.1 }\ncredentials: {}', 'credentials', 'nobody could use the relay'],
  ['external: { address: 192.0.2.1 }\ncredentials: { secrets: ["env:"] }', 'credentials.secrets[0]', 'no name'],
  ['external: { address: 192.0.2.1 }\ncredentials: { users: { a: 7 } }', 'credentials.users.a', 'must be text'],
  ['external: { address: 192.0.2.1 }\ncredentials: { users: { "": x } }', 'credentials.users', 'a name here'],
  [
    'external: { address: 192.0.2.1 }\ncredentials: { secrets: [s], lifetime: 0s }',
    'credentials.lifetime',
    'too short',
  ],
  [
    'external: { address: 192.0.2.1 }\ncredentials: { secrets: [s], lifetime: soon }',
    'credentials.lifetime',
    'such as 8h',
  ],
  [`${LEAST}admin: { port: 8080 }`, 'admin.token', 'missing'],
  [
    `${LEAST}admin: { address: 192.0.2.1, allowExternal: true, port: 443, token: t }`,
    'admin.port',
    'also in external.tcp',
  ],
  [
    `${LEAST}admin: { address: 0.0.0.0, allowExternal: true, port: 443, token: t }`,
    'admin.port',
    'also in external.tcp',
  ],
  [`${LEAST}tls: { certificate: cert.pem }`, 'tls.key', 'missing'],
  [`${LEAST}tls:`, 'tls', 'has no value'],
  [`${LEAST}limits: { amplification: 0.5 }`, 'limits.amplification', 'at least 1'],
  [`${LEAST}limits: { amplification: 11 }`, 'limits.amplification', 'at most 10'],
  [`${LEAST}lifetimes: { allocation: 2h }`, 'lifetimes.allocation', 'longer than lifetimes.most'],
  [`${LEAST}engines: []`, 'engines', 'at least 1'],
  [`${LEAST}log: { level: inf }`, 'log.level', 'must be one of'],
])('%j is refused at %s', (text, key, message) => {
  const [problem, ...more] = problemsOf(text).filter(p => text !== '' || p.key === key);
  expect(more).toEqual([]);
  expect(problem?.key).toBe(key);
  expect(problem?.message).toContain(message);
});

test.each([
  ['sallyport', 2],
  ['example.test', 2],
  ['thirteen.test', 2.15],
])('the realm %s may be used at amplification %d', (realm, factor) => {
  expect(load(`${LEAST}realm: ${realm}\nlimits: { amplification: ${factor} }`).realm).toBe(realm);
});

test('a realm that would silence the first answer is refused with the numbers and both remedies', () => {
  const [problem] = problemsOf(`${LEAST}realm: thirteen.test`);
  expect(problem?.key).toBe('realm');
  expect(problem?.message).toContain('13 bytes');
  expect(problem?.message).toContain('(28 bytes) has 60 bytes');
  expect(problem?.message).toContain('limits.amplification 2 allows 56');
  expect(problem?.suggestion).toBe(
    'shorten the realm to at most 12 bytes, or set limits.amplification to 2.15 or more',
  );
});

test('the amplification that is suggested for a realm is enough for it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 13, max: 127 }), length => {
      const realm = 'r'.repeat(length);
      const factor = /amplification to ([\d.]+)/.exec(problemsOf(`${LEAST}realm: ${realm}`)[0]?.suggestion ?? '')?.[1];
      expect(load(`${LEAST}realm: ${realm}\nlimits: { amplification: ${factor} }`).realm).toBe(realm);
    }),
  );
});

test('no amplification is suggested that would itself be refused', () => {
  const [problem] = problemsOf(`${LEAST}realm: "${'\u{1f3f0}'.repeat(127 / 2)}"`);
  expect(problem?.suggestion).toBe('shorten the realm to at most 12 bytes');
});

test('a file may begin with a byte order mark and end its lines as Windows does', () => {
  expect(load(`\ufeff${LEAST.replaceAll('\n', '\r\n')}`).realm).toBe('sallyport');
});

test('a realm is measured in bytes, not in characters', () => {
  expect(problemsOf(`${LEAST}realm: äöüäöüä`)[0]?.message).toContain('14 bytes');
});

test.each([
  ['a: 1\na: 2', 2, 'twice'],
  ['a: "1', 1, 'missing'],
  ['a:\n\t- b', 2, 'tabs'],
  ['a: 1\n---\nb: 2', 2, 'one YAML document'],
  ['a: *north', 1, 'alias'],
  ['a: !north x', 1, 'tag'],
])('%j is no config: the place is line %i', (text, line, message) => {
  const [problem] = problemsOf(text);
  expect(problem?.line).toBe(line);
  expect(problem?.message).toContain(message);
});

test('a bomb of aliases is refused instead of expanded', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i++) {
    const before = String.fromCharCode(96 + i);
    const name = String.fromCharCode(97 + i);
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`);
  }
  expect(problemsOf(bomb.join('\n'))[0]?.message).toContain('aliases');
});

test('a huge file is refused unread', () => {
  expect(problemsOf('#'.repeat(2 * 1024 * 1024))[0]?.message).toContain('1 MiB');
});

test.each([
  'credentials: { secrets: [north-wind, 7] }',
  'credentials: { secrets: { north-wind: } }',
  'credentials: { north-wind: x }',
  'credentials: { users: { alice: [north-wind] } }',
  'admin: { token: [north-wind], port: north }',
  'admin: { north-wind }',
  'credentials: { secrets: [*north-wind] }',
  'credentials: { secrets: [!north-wind x] }',
  'credentials: { secrets: ["north-wind }',
  'credentials: { secrets: [@north-wind] }',
  'credentials:\n  secrets: north-wind: x',
])('the secret in the broken config %j is in no problem', text => {
  const problems = problemsOf(`external: { address: 192.0.2.1 }\n${text}`);
  expect(problems.length).toBeGreaterThan(0);
  expect(JSON.stringify(problems)).not.toContain('north-wind');
});

test('any text at all yields a config or problems, never an exception', () => {
  const pieces = fc.constantFrom(
    'realm',
    'external',
    ': ',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '&a ',
    '*a',
    '!',
    '|',
    '>',
    '%',
    '1',
    '~',
    '<<',
    '? ',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 30 }), parts => {
      const loaded = loadConfig(parts.join(''), 'edge.yaml');
      return (
        loaded.config !== undefined || loaded.problems.every(p => p.line >= 1 && p.column >= 1 && p.message !== '')
      );
    }),
    { numRuns: 500 },
  );
});

test('a problem reads as file, line, column, key and message, with the suggestion below', () => {
  const [problem] = problemsOf(`${LEAST}relayports: 1-2`);
  expect(formatProblem(problem!)).toBe('edge.yaml:3:1 relayports: unknown key\n  did you mean relayPorts?');
});

function load(text: string, file = 'edge.yaml') {
  const { config, problems } = loadConfig(text, file);
  if (config === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return config;
}

function problemsOf(text: string): readonly Problem[] {
  const { problems } = loadConfig(text, 'edge.yaml');
  if (problems === undefined) throw new Error('the config was accepted');
  return problems;
}
