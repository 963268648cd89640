import { expect, test } from 'vitest';
import { OperatorError } from '../control/index.ts';
import { formatAddress } from '../wire/index.ts';
import { address, type LoadFlags, loadOptions, parseServer, planFrom } from './load-options.ts';

const DEFAULTS: LoadFlags = {
  user: 'alice',
  password: 'wonderland',
  clients: '10',
  direction: 'echo',
  seconds: '10',
  warmup: '0.5',
  peers: '1',
  allocate: true,
  setupInFlight: '64',
};
const flags = (some: Partial<LoadFlags>): LoadFlags => ({ ...DEFAULTS, ...some });
const options = (some: Partial<LoadFlags>, server = '127.0.0.1:3478') =>
  loadOptions(server, flags(some), 1_700_000_000);

test.each([
  ['turn:192.0.2.10', { host: '192.0.2.10', port: 3478, transport: 'udp' }],
  ['192.0.2.10:4000', { host: '192.0.2.10', port: 4000, transport: 'udp' }],
  ['turn:example.com:80?transport=tcp', { host: 'example.com', port: 80, transport: 'tcp' }],
  ['turns:example.com', { host: 'example.com', port: 5349, transport: 'tls' }],
  ['TURNS:example.com:443?transport=tcp', { host: 'example.com', port: 443, transport: 'tls' }],
  ['turn:[2001:db8::1]:3479', { host: '2001:db8::1', port: 3479, transport: 'udp' }],
])('%s is a server', (text, server) => {
  expect(parseServer(text)).toEqual(server);
});

test.each([
  '',
  'http://example.com',
  'turn:',
  'turn:example.com:99999',
  'turns:example.com?transport=udp',
  '2001:db8::1',
])('"%s" is no server, and how to write one is told', text => {
  expect(() => parseServer(text)).toThrow(OperatorError);
});

test('without a word, each client has one datagram under way', () => {
  expect(planFrom(DEFAULTS)).toEqual({ kind: 'traffic', direction: 'echo', sizes: [172], pace: { inFlight: 1 } });
});

test.each<[Partial<LoadFlags>, object]>([
  [
    { inFlight: '16', size: '1000' },
    { kind: 'traffic', sizes: [1000], pace: { inFlight: 16 } },
  ],
  [
    { rate: '2.5', direction: 'down' },
    { direction: 'down', sizes: [172], pace: { perSecond: 2.5 } },
  ],
  [
    { audio: true, direction: 'up' },
    { direction: 'up', sizes: [172], pace: { perSecond: 50 } },
  ],
  [{ video: '2' }, { sizes: [1200, 1200, 1200, 1200, 1200, 1200, 1133], pace: { perSecond: 30 } }],
  [{ churn: true }, { kind: 'churn' }],
  [{ idle: true }, { kind: 'idle' }],
])('%o is a plan', (some, plan) => {
  expect(planFrom(flags(some))).toMatchObject(plan);
});

test('two ways to send do not go together', () => {
  expect(() => planFrom(flags({ audio: true, rate: '5' }))).toThrow('--rate and --audio do not go together');
});

test.each<[Partial<LoadFlags>, string]>([
  [{ clients: '0' }, '--clients'],
  [{ clients: '1.5' }, 'not a whole number'],
  [{ seconds: 'ten' }, '--seconds'],
  [{ seconds: '' }, '--seconds'],
  [{ size: '15' }, '--size'],
  [{ size: '1473' }, '--size'],
  [{ direction: 'sideways' }, '--direction'],
  [{ from: 'localhost' }, '--from'],
  [{ peer: '192.0.2.1' }, '--peer'],
  [{ peer: '192.0.2.1:7', direction: 'up' }, '--peer with --direction up'],
  [{ pid: '-1' }, '--pid'],
  [{ inFlight: '0' }, '--in-flight'],
])('%o is refused by name', async (some, name) => {
  await expect(options(some)).rejects.toThrow(name);
  await expect(options(some)).rejects.toThrow(OperatorError);
});

test('every flag is in the options', async () => {
  const given = await options({
    clients: '7',
    indications: true,
    gso: true,
    seconds: '2.5',
    warmup: '0',
    count: '100',
    pid: '42',
    from: '127.0.0.9',
    peerAddress: '127.0.0.8:4000',
    peers: '3',
    perClient: true,
    spin: true,
    setupInFlight: '5',
  });
  expect(given).toMatchObject({
    clients: 7,
    usesIndications: true,
    usesRuns: true,
    seconds: 2.5,
    warmupSeconds: 0,
    count: 100,
    pid: 42,
    peers: 3,
    listsClients: true,
    spins: true,
    setupInFlight: 5,
    credential: { username: 'alice', password: 'wonderland' },
  });
  expect([given.server, given.from, given.peerAddress].map(formatAddress)).toEqual([
    '127.0.0.1:3478',
    '127.0.0.9:0',
    '127.0.0.8:4000',
  ]);
});

test('our peers are where the clients are, unless told otherwise, and that is how the server is reached', async () => {
  const given = await options({});
  expect([given.from, given.peerAddress].map(formatAddress)).toEqual(['127.0.0.1:0', '127.0.0.1:0']);
});

test('a secret makes a credential for an hour', async () => {
  const { credential } = await options({ secret: 'north-wind' });
  expect(credential.username).toBe('1700003600:alice');
  expect(credential.password).toMatch(/^[\w+/]{27}=$/);
});

test('nobody loads a server as nobody', async () => {
  const { user: _, ...nobody } = DEFAULTS;
  await expect(loadOptions('127.0.0.1', nobody, 0)).rejects.toThrow('who loads it');
  expect((await loadOptions('127.0.0.1', { ...nobody, allocate: false }, 0)).allocates).toBe(false);
});

test('addresses have ports, in brackets when they are IPv6', () => {
  expect(formatAddress(address('[::1]:7', '--peer'))).toBe('[::1]:7');
  expect(formatAddress(address('::1', '--peer-address', 0))).toBe('[::1]:0');
  expect(() => address('::1', '--peer')).toThrow('no address with a port');
});
