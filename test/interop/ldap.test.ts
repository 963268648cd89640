import { writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ConfigInput } from '../../src/index.ts';
import { AccessFiles } from '../testkit/access-files.ts';
import { certificateFor } from '../testkit/certificates.ts';
import { EdgeBench, type EdgeDifferences } from '../testkit/edge-bench.ts';
import { freeTcpPort } from '../testkit/free-ports.ts';
import { type SaidOverHttps, signInOverHttps } from '../testkit/https-sign-in.ts';
import { pause } from '../testkit/program.ts';
import { isMet, requires } from '../testkit/requires.ts';
import { SipPhone } from '../testkit/sip-phones.ts';
import { Slapd } from '../testkit/slapd.ts';
import { TcpProxy } from '../testkit/tcp-proxy.ts';
import { NATIVE, WorkersBench } from '../testkit/workers-bench.ts';
import { aBrowser, openBrowser } from './chromium.ts';
import { PhonePage } from './phone-page.ts';
import { keyOf } from './rig.ts';

/*
 * Users whom OpenLDAP knows, beside alice and bob of the file.
 */

type Ldap = NonNullable<NonNullable<ConfigInput['access']>['ldap']>;
const PEOPLE = 'uid={user},ou=people,dc=example,dc=test';
const PASSWORDS = {
  dora: 'dora: gehört ihr',
  'erin+home': 'erin-password',
  frank: 'frank-password',
  alice: 'of-the-directory',
  office: 'desk',
};

let slapd: Slapd;
let files: AccessFiles;
let bench: EdgeBench | undefined;
const phones: SipPhone[] = [];

beforeAll(async () => {
  if (isMet('slapd')) slapd = await Slapd.start(PASSWORDS);
  files = await AccessFiles.make('example.test', 'localhost');
});
beforeEach(context => requires(context, 'slapd'));
afterEach(async () => {
  for (const phone of phones.splice(0)) phone.close();
  await bench?.close();
  bench = undefined;
});
afterAll(async () => {
  await slapd?.remove();
  files.remove();
});

test('a user of the directory shows his password over HTTPS, and signs in over SIP with the one that he is given', async () => {
  await start(overTls());
  const said = await ask('dora');
  expect([said.status, said.body.user]).toEqual([201, 'sip:dora@example.test']);
  const { sip, expiresAt } = said.body;
  expect(sip!.user).toBe(`${Math.floor(expiresAt! / 1000)}.dora`);
  expect(await register(sip)).toBe(200);
  expect(slapd.binds.at(-1)).toContain('dn="uid=dora,ou=people,dc=example,dc=test"');
  expect(bench!.lines.join('\n')).not.toMatch(/gehört|of-the-directory/);
  expect(bench!.lines.join('\n')).not.toContain(sip!.password);
});

test('two of them call each other: who is known to nobody until then has an address afterwards', async () => {
  await start(overTls());
  const bob = await phone('bob', 'bob', 'bob-password');
  await bob.signIn();
  expect(await callFrom(bob)).toBe(404);
  const { sip } = (await ask('dora')).body;
  expect(await callFrom(bob)).toBe(480);
  const dora = await phone('dora', sip!.user, sip!.password);
  await dora.signIn();
  bob.send('INVITE', { uri: 'sip:dora@example.test', headers: { Contact: '<sip:bob@bob.invalid>' } });
  const heard = await dora.next();
  expect(heard.method).toBe('INVITE');
  dora.answer(heard, 486);
});

test('with his credential his SIP password ends, and he is signed out on every connection', async () => {
  await start(overTls(), { credentials: { secrets: ['north-wind'], lifetime: 4 } });
  const { sip } = (await ask('dora')).body;
  const dora = await phone('dora', sip!.user, sip!.password);
  expect((await dora.signIn()).status).toBe(200);
  expect(await bench!.metric('sallyport_sip_users')).toBe(1);
  await pause(sip!.expiresAt - Date.now() + 500);
  expect(await bench!.metric('sallyport_sip_users')).toBe(0);
  expect((await dora.signIn()).status).toBe(401);
  expect(await register(sip)).toBe(401);
});

test('who signs in again in time stays signed in', async () => {
  await start(overTls(), { credentials: { secrets: ['north-wind'], lifetime: 4 } });
  const first = (await ask('dora')).body.sip!;
  const dora = await phone('dora', first.user, first.password);
  await dora.signIn();
  await pause(2_000);
  const second = (await ask('dora')).body.sip!;
  await pause(first.expiresAt - Date.now() + 500);
  expect(await bench!.metric('sallyport_sip_users')).toBe(1);
  expect(await register(first)).toBe(401);
  expect(await register(second)).toBe(200);
});

test('nobody makes a SIP password himself: of another user, or a later end', async () => {
  await start(overTls());
  const { sip } = (await ask('dora')).body;
  await ask('frank', PASSWORDS.frank);
  const [seconds] = sip!.user.split('.');
  expect(await register({ ...sip!, user: `${Number(seconds) + 60}.dora` })).toBe(401);
  expect(await register({ ...sip!, user: `${seconds}.frank` }, 'frank')).toBe(401);
  expect(await register(sip, 'bob')).toBe(403);
});

test('a bind without a password, which directories say yes to, signs nobody in; nor does a password of another', async () => {
  await start(overTls());
  const before = slapd.binds.length;
  expect((await ask('dora', '')).status).toBe(401);
  expect(slapd.binds).toHaveLength(before);
  expect((await ask('dora', 'erin-password')).status).toBe(401);
  expect(slapd.binds).toHaveLength(before + 1);
  expect((await ask('nobody', 'nobody-password')).status).toBe(401);
});

test.each(['dora,ou=people', 'dora)(uid=*', '*', 'dora ', ' dora', 'dora\0', 'dora@other.test', 'dora@', '', 'dörä'])(
  'what is no name of a user is not told to the directory: %j',
  async name => {
    await start(overTls());
    const before = slapd.binds.length;
    expect((await ask(name, PASSWORDS.dora)).status).toBe(401);
    expect(slapd.binds).toHaveLength(before);
  },
);

test('a name is one in all its spellings, and may have a plus in it', async () => {
  await start(overTls());
  expect((await ask('Dora@Example.Test', PASSWORDS.dora)).body.user).toBe('sip:dora@example.test');
  expect((await ask('erin+home', 'erin-password')).body.user).toBe('sip:erin+home@example.test');
});

test('who is in the file has the password of the file, and no other name of his is asked for in the directory', async () => {
  files.add('bob', 'bob-password', 'any', ['sip:office@example.test']);
  await start(overTls());
  const before = slapd.binds.length;
  expect((await ask('alice', PASSWORDS.alice)).status).toBe(401);
  expect((await ask('ALICE', PASSWORDS.alice)).status).toBe(401);
  expect((await ask('office', PASSWORDS.office)).status).toBe(401);
  const alice = await ask('alice', 'alice-password');
  expect([alice.status, alice.body.sip]).toEqual([201, undefined]);
  expect(slapd.binds).toHaveLength(before);
});

test('three wrong passwords lock out before the directory hears of the next, however many come at once', async () => {
  await start(overTls());
  const before = slapd.binds.length;
  const said = await Promise.all(Array.from({ length: 12 }, () => ask('dora', 'guess')));
  expect(slapd.binds.length - before).toBeLessThanOrEqual(3);
  expect(said.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(3);
  while ((await ask('DORA', 'guess')).status === 401);
  expect((await ask('dora')).status).toBe(429);
  expect(slapd.binds.length - before).toBe(3);
  expect((await ask('erin+home', 'erin-password')).status).toBe(201);
  expect(bench!.lines.join('\n')).not.toContain('guess');
});

test('a directory that is away is no wrong password: 503, one line in a minute, a count, and back when it is', async () => {
  await start(overTls());
  await slapd.stop();
  for (let i = 0; i < 5; i++) {
    const said = await ask('dora');
    expect([said.status, said.type]).toEqual([503, expect.stringContaining('application/problem+json')]);
  }
  expect(bench!.logged('the directory does not say who its users are')).toMatchObject([{ reason: 'ECONNREFUSED' }]);
  expect(await bench!.metric('sallyport_sip_refusals_total{reason="directory-failed"}')).toBe(5);
  await slapd.open();
  expect((await ask('dora')).status).toBe(201);
});

test('a directory that takes the connection and says nothing is waited for three seconds', async () => {
  const silent = await listening();
  await start({ url: `ldap://127.0.0.1:${portOf(silent)}`, bind: PEOPLE });
  const began = Date.now();
  expect((await ask('dora')).status).toBe(503);
  expect(Date.now() - began).toBeGreaterThan(2_500);
  expect(Date.now() - began).toBeLessThan(6_000);
  silent.close();
});

test("a password is shown to the directory of the configured URL, inside TLS of the configured authorities and the directory's name", async () => {
  await start(overTls());
  expect((await ask('dora')).status).toBe(201);
  const before = slapd.binds.length;
  for (const url of [slapd.ldaps.replace('localhost', '127.0.0.1'), `ldaps://127.0.0.1:${await freeTcpPort()}`]) {
    await start({ ...overTls(), url });
    expect((await ask('dora')).status).toBe(503);
  }
  await start({ url: slapd.ldaps, bind: PEOPLE });
  expect((await ask('dora')).status).toBe(503);
  const others = join(files.folder, 'others.pem');
  writeFileSync(others, (await certificateFor('localhost')).certificate);
  await start({ ...overTls(), authorities: others });
  expect((await ask('dora')).status).toBe(503);
  expect(slapd.binds).toHaveLength(before);
});

test('with startTls nothing is shown to an ldap:// server before TLS; without it, to one on this machine only', async () => {
  const proxy = await TcpProxy.before(Number(new URL(slapd.ldap).port));
  const heard = () => Buffer.concat(proxy.fromClient).toString('latin1');
  const url = `ldap://localhost:${proxy.port}`;
  await start({ url, startTls: true, bind: PEOPLE, authorities: slapd.authorities });
  expect((await ask('dora')).status).toBe(201);
  expect(heard()).toContain('1.3.6.1.4.1.1466.20037');
  expect(heard()).not.toContain('uid=dora');
  await start({ url, startTls: true, bind: PEOPLE });
  expect((await ask('dora')).status).toBe(503);
  expect(heard()).not.toContain('uid=dora');
  await start({ url, bind: PEOPLE });
  expect((await ask('dora')).status).toBe(201);
  expect(heard()).toContain('uid=dora');
  await proxy.close();
});

/*
 * A success for this message, whose text is still to come: what the directory says next, 14 bytes, would be taken for it.
 */
test.each([2, 3])('what somebody in between says before StartTLS answers no question asked after it: %i', async id => {
  const success = Buffer.from([0x30, 0x1a, 2, 1, id, 0x61, 0x15, 0x0a, 1, 0, 4, 0, 4, 14]);
  const between = await listening(client => {
    const directory = connect(Number(new URL(slapd.ldap).port), '127.0.0.1');
    for (const socket of [client, directory]) socket.on('error', () => {});
    client.pipe(directory);
    directory.once('data', said => {
      client.write(Buffer.concat([said, success]));
      directory.pipe(client);
    });
  });
  await start({
    url: `ldap://localhost:${portOf(between)}`,
    startTls: true,
    bind: PEOPLE,
    authorities: slapd.authorities,
  });
  expect([401, 503]).toContain((await ask('dora', 'guess')).status);
  between.close();
});

test('users bind by the configured template', async () => {
  await start({ ...overTls(), bind: 'uid={user},ou=others,dc=example,dc=test' });
  expect((await ask('dora')).status).toBe(401);
  expect(slapd.binds.at(-1)).toContain('dn="uid=dora,ou=others,dc=example,dc=test"');
});

test('beside workers the Access Edge, a process of its own, asks the directory too', async context => {
  requires(context, NATIVE);
  const workers = await WorkersBench.start({
    access: { users: files.users, tls: 0, wss: 0, ldap: overTls() },
    tls: files.tls,
  });
  const ports = workers.logged('access edge listens').at(-1)!.ports as string[];
  const [tls, wss] = ['TLS', 'WSS'].map(transport => {
    const port = ports.find(one => one.startsWith(`${transport} `))!;
    return Number(port.slice(port.lastIndexOf(':') + 1));
  });
  const { sip } = (await signInOverHttps(wss!, 'dora', PASSWORDS.dora)).body;
  const dora = await SipPhone.overTls({ name: 'dora', login: sip!.user, password: sip!.password, port: tls! });
  phones.push(dora);
  expect((await dora.signIn()).status).toBe(200);
  await workers.close();
});

test('the web phone of a user of the directory signs in with his own password', async context => {
  requires(context, aBrowser);
  await start(overTls());
  const browser = await openBrowser({ trustedKeys: [keyOf(files.certificate)] });
  const page = await PhonePage.open(browser, `https://localhost:${bench!.edge.ports.access.wss[0]}/`, {
    user: 'dora',
    password: PASSWORDS.dora,
  });
  expect(await page.state()).toMatchObject({ line: 'ready', me: 'dora@example.test' });
  expect(await bench!.metric('sallyport_sip_users')).toBe(1);
  expect(page.complaints).toEqual([]);
  await page.close();
  await browser.close();
});

function overTls(): Ldap {
  return { url: slapd.ldaps, bind: PEOPLE, authorities: slapd.authorities };
}

async function start(ldap: Ldap, differences: EdgeDifferences = {}): Promise<void> {
  await bench?.close();
  const access = { users: files.users, tls: 0, wss: 0, ldap };
  bench = await EdgeBench.start({ access, tls: files.tls, ...differences });
}

function ask(user: string, password: string = PASSWORDS.dora): Promise<SaidOverHttps> {
  return signInOverHttps(bench!.edge.ports.access.wss[0]!, user, password);
}

async function phone(name: string, login: string, password: string): Promise<SipPhone> {
  const made = await SipPhone.overTls({ name, login, password, port: bench!.edge.ports.access.tls[0]! });
  phones.push(made);
  return made;
}

async function register(sip: SaidOverHttps['body']['sip'], name = 'dora'): Promise<number | undefined> {
  const made = await phone(name, sip!.user, sip!.password);
  return (await made.signIn({ 'Call-ID': `registration-${phones.length}` })).status;
}

async function callFrom(caller: SipPhone): Promise<number | undefined> {
  const headers = { Contact: '<sip:bob@bob.invalid>' };
  return (await caller.ask('INVITE', { uri: 'sip:dora@example.test', headers })).status;
}

async function listening(onClient: (client: Socket) => void = () => {}): Promise<Server> {
  const server = createServer(onClient);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}
