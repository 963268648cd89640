import { request } from 'node:https';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { IceServer } from '../../src/index.ts';
import { AccessFiles } from '../testkit/access-files.ts';
import { EdgeBench } from '../testkit/edge-bench.ts';
import { pause } from '../testkit/program.ts';
import { SipPhone } from '../testkit/sip-phones.ts';
import { overUdp, TurnTestClient } from '../testkit/turn-client.ts';

let files: AccessFiles;
let bench: EdgeBench;
beforeEach(async () => {
  files = await AccessFiles.make();
  files.add('carol', 'carol-password', 'internal');
  files.add('jurgen', 'pässwörd:mit:Doppelpunkten');
  const access = { users: files.users, tls: 0, wss: 0, ws: 0, name: 'sip.example.test' };
  const admin = { port: 0, token: 't0ken' };
  bench = await EdgeBench.start({ access, admin, tls: files.tls });
});
afterEach(async () => {
  await bench.close();
  files.remove();
});

test('the page learns where to sign in, from the Access Edge and from the admin listener', async () => {
  const told = { domain: 'example.test', webSocket: `wss://sip.example.test:${wss()}/` };
  expect((await https('GET', '/v1/access')).body).toEqual(told);
  expect(await (await fetch(new URL('/v1/access', bench.edge.adminUrl))).json()).toEqual(told);
});

test('a user who shows his password is given credentials for the relay, which work', async () => {
  const { status, body, headers } = await https('POST', '/v1/access/credentials', basic('alice', 'alice-password'));
  expect(status).toBe(201);
  expect(headers['cache-control']).toBe('no-store');
  const { user, iceServers, expiresAt, lifetimeSeconds } = body as Credentials;
  expect([user, lifetimeSeconds]).toEqual(['sip:alice@example.test', 8 * 3600]);
  expect(Math.abs(expiresAt - Date.now() - 8 * 3_600_000)).toBeLessThan(60_000);
  const { username, credential } = iceServers.find(one => one.username !== undefined)!;
  const client = new TurnTestClient(await overUdp(bench.udp), { username: username!, password: credential! });
  await client.relayed();
  await client.refresh(0);
  await expect.poll(() => bench.logged('allocation ended')).toMatchObject([{ reason: 'refreshed-to-zero' }]);
  expect(bench.logged('allocation ended')[0]!.user).toMatch(/^\d+:alice@example\.test$/);
  await client.close();
});

test('any of his names will do, and any password that UTF-8 can write', async () => {
  const long = await https('POST', '/v1/access/credentials', basic('bob@example.test', 'bob-password'));
  const odd = await https('POST', '/v1/access/credentials', basic('jurgen', 'pässwörd:mit:Doppelpunkten'));
  expect([long.status, odd.status]).toEqual([201, 201]);
});

test.each([
  ['a wrong password', basic('alice', 'wrong'), 401],
  ['a user who does not exist', basic('nobody', 'wrong'), 401],
  ['no password', {}, 401],
  ['what is no Basic', { authorization: 'Bearer t0ken' }, 401],
  ['a user of the other side', basic('carol', 'carol-password'), 403],
  ['a page of strangers', { ...basic('alice', 'alice-password'), origin: 'https://evil.example' }, 403],
])('%s is refused, and no browser opens a box to ask', async (_, headers, status) => {
  const said = await https('POST', '/v1/access/credentials', headers);
  expect(said.status).toBe(status);
  expect(said.headers['content-type']).toContain('application/problem+json');
  expect(said.headers['www-authenticate']).toBeUndefined();
  expect(JSON.stringify(said.body)).not.toContain('password-');
});

test('wrong passwords over HTTPS and over SIP count together, and a lockout is for both', async () => {
  for (let i = 0; i < 2; i++) await https('POST', '/v1/access/credentials', basic('alice', 'guess'));
  const guessing = await phone('alice', 'guess');
  expect((await guessing.signIn()).status).toBe(401);
  expect((await https('POST', '/v1/access/credentials', basic('alice', 'alice-password'))).status).toBe(429);
  const right = await phone('alice');
  expect((await right.signIn()).status).toBe(403);
  const other = await phone('bob');
  expect((await other.signIn()).status).toBe(200);
  for (const one of [guessing, right, other]) one.close();
  expect(await bench.metric('sallyport_sip_refusals_total{reason="wrong-password"}')).toBe(3);
  expect(bench.logged('locked out for a minute: too many wrong passwords')).toHaveLength(1);
  expect(bench.lines.join('\n')).not.toMatch(/guess|alice-password/);
});

test('the page on the admin listener may ask, and browsers are told so before', async () => {
  const origin = new URL(bench.edge.adminUrl!).origin;
  const path = '/v1/access/credentials';
  const before = await https('OPTIONS', path, { origin, 'access-control-request-headers': 'authorization' });
  expect(before.headers).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-allow-headers': 'authorization',
  });
  const asked = await https('POST', path, { ...basic('alice', 'alice-password'), origin });
  expect([asked.status, asked.headers['access-control-allow-origin']]).toEqual([201, origin]);
  const strange = await https('OPTIONS', path, { origin: 'https://evil.example' });
  expect(strange.headers['access-control-allow-origin']).toBeUndefined();
});

test('a request of a megabyte, of endless headers, or none at all takes nothing away from others', async () => {
  expect((await https('POST', '/v1/access/credentials', { 'content-length': '1000000' })).status).toBeGreaterThan(399);
  expect((await https('GET', '/', { 'x-long': 'x'.repeat(20_000) })).status).toBe(431);
  const socket = connect({ port: wss(), rejectUnauthorized: false });
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n');
  const drip = setInterval(() => socket.write('X'), 200);
  const closed = new Promise<boolean>(resolve => socket.once('close', () => resolve(true)));
  expect(await Promise.race([closed, pause(14_000)])).toBe(true);
  clearInterval(drip);
  expect((await https('GET', '/v1/access')).status).toBe(200);
}, 30_000);

interface Credentials {
  readonly user: string;
  readonly iceServers: readonly IceServer[];
  readonly expiresAt: number;
  readonly lifetimeSeconds: number;
}
interface Said {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

function wss(): number {
  return bench.edge.ports.access.wss[0]!;
}

function phone(name: string, password = `${name}-password`): Promise<SipPhone> {
  return SipPhone.overTls({ name, password, port: bench.edge.ports.access.tls[0]! });
}

function basic(user: string, password: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function https(method: string, path: string, headers: Record<string, string> = {}): Promise<Said> {
  return new Promise((resolve, reject) => {
    const asked = request({ port: wss(), method, path, headers, rejectUnauthorized: false, agent: false }, answer => {
      let text = '';
      answer.on('data', chunk => (text += chunk));
      answer.on('end', () => {
        const body = text.startsWith('{') ? JSON.parse(text) : text;
        resolve({ status: answer.statusCode!, headers: answer.headers, body });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
