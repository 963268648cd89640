import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OperatorError } from '../../src/index.ts';
import { AccessFiles } from '../testkit/access-files.ts';
import { EdgeBench, type EdgeDifferences } from '../testkit/edge-bench.ts';
import { freeTcpPort } from '../testkit/free-ports.ts';
import { InsideServer } from '../testkit/inside-server.ts';
import { SipPhone } from '../testkit/sip-phones.ts';

const INTERNAL = { address: '127.0.0.2', udp: 0, tcp: 0, networks: ['127.0.0.2/32'] };

let files: AccessFiles;
const benches: EdgeBench[] = [];
const phones: SipPhone[] = [];
beforeEach(async () => {
  files = await AccessFiles.make();
});
afterEach(async () => {
  for (const phone of phones.splice(0)) phone.close();
  for (const bench of benches.splice(0)) await bench.close();
  files.remove();
});

test('the server inside calls who is signed in, without a password, from its own address and on an internal listener only', async () => {
  const inside = await InsideServer.open(undefined, '127.0.0.3');
  const internal = `sip:127.0.0.3:${inside.port};transport=tcp`;
  const bench = await start({ tcp: 0, internal }, { internal: INTERNAL });
  const alice = await signedIn(bench, 'alice');
  const [, internalTcp] = bench.edge.ports.access.tcp as [number, number];
  const call = { uri: 'sip:alice@example.test', headers: { From: '<sip:desk@example.test>;tag=1' } };
  const server = await phone(bench, 'desk', { port: internalTcp, host: '127.0.0.2', from: '127.0.0.3' });
  server.send('MESSAGE', call);
  expect((await alice.next()).method).toBe('MESSAGE');
  const elsewhere = await phone(bench, 'alice', { port: internalTcp, host: '127.0.0.2', from: '127.0.0.4' });
  elsewhere.send('MESSAGE', { uri: 'sip:bob@example.test' });
  expect((await elsewhere.next()).status).toBe(407);
  const outside = await phone(bench, 'alice', { port: bench.edge.ports.access.tcp[0]!, from: '127.0.0.3' });
  outside.send('MESSAGE', { uri: 'sip:bob@example.test' });
  expect((await outside.next()).status).toBe(407);
  await inside.close();
});

test('who opens requests and finishes none is refused more of them, alone', async () => {
  const bench = await start();
  const stranger = await phone(bench, 'alice');
  const statuses: (number | undefined)[] = [];
  for (let i = 0; i < 24; i++) {
    stranger.send('INVITE', { uri: 'sip:bob@example.test', headers: { 'Call-ID': `flood-${i}` } });
    for (let said = await stranger.next(); ; said = await stranger.next()) {
      if (said.status! < 200) continue;
      statuses.push(said.status);
      break;
    }
  }
  expect(statuses.filter(status => status === 407)).toHaveLength(16);
  expect(statuses.filter(status => status === 503)).toHaveLength(8);
  expect(await bench.metric('sallyport_sip_refusals_total{reason="transactions-full"}')).toBe(8);
  await signedIn(bench, 'bob');
});

test('signing in and out is logged once each, with who and whence, and counted', async () => {
  const bench = await start();
  const alice = await signedIn(bench, 'alice');
  await alice.signIn({ 'Call-ID': 'again' });
  expect(bench.logged('signed in')).toMatchObject([
    { user: 'sip:alice@example.test', transport: 'TLS', side: 'external' },
  ]);
  expect(bench.logged('signed in')[0]!.from).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(await bench.metric('sallyport_sip_users')).toBe(1);
  expect(await bench.metric('sallyport_sip_requests_total{method="REGISTER",status="2xx"}')).toBe(2);
  expect(await bench.metric('sallyport_sip_requests_total{method="REGISTER",status="4xx"}')).toBe(1);
  alice.close();
  await expect.poll(() => bench.logged('signed out')).toMatchObject([{ user: 'sip:alice@example.test' }]);
  expect(await bench.metric('sallyport_sip_users')).toBe(0);
  expect(await bench.metric('sallyport_sip_flows')).toBe(0);
});

test('a user who is removed is signed out within a second or two, and does not come in again', async () => {
  const bench = await start();
  await signedIn(bench, 'alice');
  const bob = await signedIn(bench, 'bob');
  files.removeUser('alice');
  await expect
    .poll(() => bench.logged('signed out'), { timeout: 3_000 })
    .toMatchObject([{ user: 'sip:alice@example.test' }]);
  bob.send('MESSAGE', { uri: 'sip:alice@example.test' });
  expect((await bob.next()).status).toBe(404);
});

test.each([
  ['missing.yaml', undefined, 'SALLYPORT_USERS_UNREADABLE', "missing.yaml can't be read (ENOENT)"],
  [
    'broken.yaml',
    'domain: example.test\nusers:\n  alice: {}\n',
    'SALLYPORT_USERS_INVALID',
    'broken.yaml:3 users.alice.hashes',
  ],
])(
  'with a file of users that is %s the edge does not start, and leaves no port open',
  async (name, text, code, message) => {
    const users = join(files.folder, name);
    if (text !== undefined) writeFileSync(users, text);
    const tls = await freeTcpPort();
    const error = await start({ users, tls }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OperatorError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(await isOpen(tls)).toBe(false);
  },
);

test('a port that is taken is named with its key, and the edge closes what it has opened', async () => {
  const bench = await start();
  const [taken, free] = [bench.edge.ports.access.tls[0]!, await freeTcpPort()];
  const error = await start({ tls: [free, taken] }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'SALLYPORT_PORT_TAKEN',
    message: expect.stringContaining('access.tls listener'),
  });
  expect(await isOpen(free)).toBe(false);
});

test('a closed edge has ended every connection', async () => {
  const bench = await start();
  const alice = await signedIn(bench, 'alice');
  const bob = await SipPhone.overWebSocket(`wss://127.0.0.1:${bench.edge.ports.access.wss[0]}`, { name: 'bob' });
  expect((await bob.signIn()).status).toBe(200);
  const { tls } = bench.edge.ports.access;
  await bench.close();
  await Promise.all([alice.isClosed, bob.isClosed]);
  expect(await isOpen(tls[0]!)).toBe(false);
});

async function start(access: EdgeDifferences['access'] = {}, differences: EdgeDifferences = {}): Promise<EdgeBench> {
  const bench = await EdgeBench.start({
    access: { users: files.users, tls: 0, wss: 0, ...access },
    tls: files.tls,
    ...differences,
  });
  benches.push(bench);
  return bench;
}

async function phone(
  bench: EdgeBench,
  name: string,
  how: { readonly port?: number; readonly host?: string; readonly from?: string } = {},
): Promise<SipPhone> {
  const opened =
    how.port === undefined
      ? await SipPhone.overTls({ name, port: bench.edge.ports.access.tls[0]! })
      : await SipPhone.overTcp({ name, ...how, port: how.port });
  phones.push(opened);
  return opened;
}

async function signedIn(bench: EdgeBench, name: string): Promise<SipPhone> {
  const opened = await phone(bench, name);
  expect((await opened.signIn()).status).toBe(200);
  return opened;
}

function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise(resolve => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
