import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { ConfigInput, Edge } from '../../src/index.ts';
import { AccessFiles } from '../testkit/access-files.ts';
import { certificateFor } from '../testkit/certificates.ts';
import { Edges } from '../testkit/edges.ts';
import { freeTcpPort } from '../testkit/free-ports.ts';
import { InsideServer } from '../testkit/inside-server.ts';
import { SipPhone } from '../testkit/sip-phones.ts';

const edges = new Edges();
let files: AccessFiles;

beforeAll(async () => {
  files = await AccessFiles.make();
});
afterEach(() => edges.close());
afterAll(() => files.remove());

test('who is in the configured file of users signs in, and who is added to it later; nobody else does', async () => {
  const edge = await start({ users: files.users });
  const port = edge.ports.access.tls[0]!;
  expect(await signIn(port, 'alice')).toBe(200);
  expect(await signIn(port, 'dora')).toBe(401);
  files.add('dora');
  await expect.poll(() => signIn(port, 'dora'), { timeout: 7_000, interval: 2_000 }).toBe(200);
});

test('without a file the users of the configured domain are those of the server inside', async () => {
  const inside = await InsideServer.open();
  const edge = await start({ domain: 'other.test', internal: `sip:127.0.0.1:${inside.port};transport=tcp` });
  const port = edge.ports.access.tls[0]!;
  expect(await signIn(port, 'alice', 'other.test')).toBe(200);
  expect(inside.asked.map(({ method }) => method)).toEqual(['REGISTER']);
  expect(await signIn(port, 'alice', 'third.test')).toBe(401);
  expect(inside.asked).toHaveLength(1);
  await inside.close();
});

test('the server inside is told of users that the file does not have, and asks for their passwords itself', async () => {
  const inside = await InsideServer.open();
  const internal = `sip:127.0.0.1:${inside.port};transport=tcp`;
  const edge = await start({ users: files.users, internal });
  const port = edge.ports.access.tls[0]!;
  expect(await signIn(port, 'stranger')).toBe(200);
  expect(await signIn(port, 'alice')).toBe(200);
  expect(inside.asked.map(({ to }) => 'user' in to.uri && to.uri.user)).toEqual(['stranger']);
  await inside.close();
});

test('the certificate of a server inside has to be from one of the configured authorities, and in its name', async () => {
  const pem = await certificateFor('localhost');
  const inside = await InsideServer.open(pem);
  const authorities = join(files.folder, 'authorities.pem');
  writeFileSync(authorities, pem.certificate);
  const internal = `sip:localhost:${inside.port};transport=tls`;
  const trusting = await start({ users: files.users, internal, authorities });
  expect(await signIn(trusting.ports.access.tls[0]!, 'stranger')).toBe(200);
  const doubting = await start({ users: files.users, internal });
  expect(await signIn(doubting.ports.access.tls[0]!, 'stranger')).toBe(504);
  const byAddress = `sip:127.0.0.1:${inside.port};transport=tls`;
  const misled = await start({ users: files.users, internal: byAddress, authorities });
  expect(await signIn(misled.ports.access.tls[0]!, 'stranger')).toBe(504);
  await inside.close();
});

test('clients are led back by the configured name, and by that of the certificate without one', async () => {
  const named = await start({ users: files.users, name: 'sip.example.test' });
  const unnamed = await start({ users: files.users });
  expect(await recordRoute(named)).toContain('@sip.example.test:');
  expect(await recordRoute(unnamed)).toContain('@edge.example.test:');
});

test('each configured port speaks as its key says: SIP over TLS or TCP, or WebSockets with and without TLS', async () => {
  const [tls, wss, ws, tcp] = await Promise.all([freeTcpPort(), freeTcpPort(), freeTcpPort(), freeTcpPort()]);
  const edge = await start({ users: files.users, tls, wss, ws, tcp });
  expect(edge.ports.access).toEqual({ tls: [tls], wss: [wss], ws: [ws], tcp: [tcp] });
  const phones = [
    await SipPhone.overTls({ name: 'alice', port: tls!, certificate: files.certificate }),
    await SipPhone.overWebSocket(`wss://127.0.0.1:${wss}`, { name: 'alice' }),
    await SipPhone.overWebSocket(`ws://127.0.0.1:${ws}`, { name: 'alice' }),
    await SipPhone.overTcp({ name: 'alice', port: tcp! }),
  ];
  for (const phone of phones) {
    expect((await phone.signIn({ 'Call-ID': `${phones.indexOf(phone)}` })).status).toBe(200);
    phone.close();
  }
});

test('pages of the configured origins may open WebSockets, our own too, and no others', async () => {
  const edge = await start({ users: files.users, origins: ['https://phone.example.test'] });
  const port = edge.ports.access.wss[0]!;
  expect(await opens(port, 'https://phone.example.test')).toBe(true);
  expect(await opens(port, `https://127.0.0.1:${port}`)).toBe(true);
  expect(await opens(port, 'https://evil.example.test')).toBe(false);
});

function start(access: Partial<NonNullable<ConfigInput['access']>>): Promise<Edge> {
  return edges.start({
    credentials: { secrets: ['north-wind'] },
    tls: files.tls,
    access: { tls: 0, wss: 0, ...access },
  });
}

async function signIn(port: number, name: string, domain?: string): Promise<number | undefined> {
  const phone = await SipPhone.overTls({ name, port, ...(domain === undefined ? {} : { domain }) });
  const { status } = await phone.signIn();
  phone.close();
  return status;
}

/** What a call to bob finds at the top of its Record-Routes. */
async function recordRoute(edge: Edge): Promise<string | undefined> {
  const port = edge.ports.access.tls[0]!;
  const [alice, bob] = [await SipPhone.overTls({ name: 'alice', port }), await SipPhone.overTls({ name: 'bob', port })];
  await alice.signIn();
  await bob.signIn();
  alice.send('INVITE', { uri: 'sip:bob@example.test', headers: { Contact: '<sip:alice@alice.invalid>' } });
  const invite = await bob.next();
  for (const phone of [alice, bob]) phone.close();
  return invite.headers.first('record-route');
}

function opens(port: number, origin: string): Promise<boolean> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}`, ['sip'], { rejectUnauthorized: false, origin });
  return new Promise(resolve => {
    socket.once('open', () => {
      socket.terminate();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
