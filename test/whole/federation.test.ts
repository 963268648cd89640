import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { formatAddress } from '../../src/wire/index.ts';
import { Authority, type Issued } from '../testkit/authority.ts';
import { type FederatedEdge, FederatedEdges } from '../testkit/federated-edges.ts';
import { freeTcpPort } from '../testkit/free-ports.ts';
import type { Heard, SipPhone } from '../testkit/sip-phones.ts';
import { overUdp, TurnTestClient } from '../testkit/turn-client.ts';

const clients: TurnTestClient[] = [];
let edges: FederatedEdges;

beforeAll(async () => {
  edges = await FederatedEdges.make();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map(client => client.close()));
  await edges.close();
});
afterAll(() => edges.remove());

describe('two edges with different domains', () => {
  test('connect by mutual TLS, and their users call each other and hang up, both ways, by one connection', async () => {
    const { a, b } = await twoEdges();
    const [alice, bob] = [await a.phone('alice'), await b.phone('bob')];
    await call(alice, bob);
    await call(bob, alice);
    expect(connected(a)).toEqual([{ opened: 'by-us', partner: 'b.test', domains: ['b.test'] }]);
    expect(connected(b)).toEqual([{ opened: 'by-them', partner: 'a.test', domains: ['a.test'] }]);
  });

  test('pass messages on, keep what is between a user and his own server, and say who does not exist', async () => {
    const { a, b } = await twoEdges();
    const [alice, bob] = [await a.phone('alice'), await b.phone('bob')];
    alice.send('MESSAGE', { uri: 'sip:bob@b.test', headers: { To: '<sip:bob@b.test>' }, body: 'hello' });
    const message = await bob.next();
    expect(Buffer.from(message.body).toString()).toBe('hello');
    expect(message.headers.first('p-asserted-identity')).toBe('<sip:alice@a.test>');
    bob.answer(message, 200);
    expect((await alice.next()).status).toBe(200);
    const service = await alice.ask('SERVICE', { uri: 'sip:mras@b.test' });
    expect([service.status, service.headers.first('ms-diagnostics')]).toEqual([403, expect.stringMatching(/^1027;/)]);
    expect((await alice.ask('MESSAGE', { uri: 'sip:zoe@b.test' })).status).toBe(404);
  });

  test('connect anew when the other has been restarted', async () => {
    const { a, b } = await twoEdges();
    const alice = await a.phone('alice');
    expect((await alice.ask('MESSAGE', { uri: 'sip:bob@b.test' })).status).toBe(480);
    await b.close();
    const gone = await alice.ask('MESSAGE', { uri: 'sip:bob@b.test' });
    expect([gone.status, gone.headers.first('ms-diagnostics')]).toEqual([504, expect.stringMatching(/^1007;/)]);
    await edges.start({ domain: 'b.test', port: b.port, federation: [partner('a.test', a.port)] });
    expect((await alice.ask('MESSAGE', { uri: 'sip:bob@b.test' })).status).toBe(480);
    expect(connected(a)).toHaveLength(2);
  });

  test('carry what their users say to each other from relay to relay', async () => {
    const { a, b } = await twoEdges();
    const [alice, bob] = [await a.phone('alice'), await b.phone('bob')];
    const [hers, his] = [await relayOf(a, 'alice'), await relayOf(b, 'bob')];
    const headers = { To: '<sip:bob@b.test>', Contact: '<sip:alice@alice.invalid>' };
    alice.send('INVITE', { uri: 'sip:bob@b.test', headers, body: formatAddress(hers.relayed) });
    const invite = await bob.next();
    expect(Buffer.from(invite.body).toString()).toBe(formatAddress(hers.relayed));
    bob.answer(invite, 200);
    expect((await final(alice)).status).toBe(200);
    await Promise.all([hers.client.permit(his.relayed), his.client.permit(hers.relayed)]);
    hers.client.indicate(his.relayed, Buffer.from('to bob'));
    await expect.poll(() => his.client.arrived.length).toBe(1);
    his.client.indicate(hers.relayed, Buffer.from('to alice'));
    await expect.poll(() => hers.client.arrived.length).toBe(1);
    expect(Buffer.from(his.client.arrived[0]!.payload).toString()).toBe('to bob');
    expect(his.client.arrived[0]!.from).toMatchObject({ port: hers.relayed.port });
    expect(Buffer.from(hers.client.arrived[0]!.payload).toString()).toBe('to alice');
  });

  test('do not reach a third by way of the second', async () => {
    const { a, b } = await twoEdges();
    const eve = await partnerPhone(b, { dns: ['a.test'] }, 'a.test');
    const said = await eve.ask('INVITE', { uri: 'sip:alice@a.test' });
    expect([said.status, said.headers.first('ms-diagnostics-public')]).toEqual([403, expect.stringMatching(/^1005;/)]);
    expect(a.log.filter(({ msg }) => msg === 'refused')).toEqual([]);
  });
});

describe('who connects and says that he is from a partner', () => {
  test.each<[string, Issued | 'none' | 'stranger', string, string, number]>([
    ['without a certificate', 'none', 'a.test', 'partner-without-certificate', 1010],
    ['with one of an authority that we do not trust', 'stranger', 'a.test', 'partner-certificate-untrusted', 1010],
    [
      'with one that has expired',
      { dns: ['a.test'], notAfter: Date.now() - 1000 },
      'a.test',
      'partner-certificate-untrusted',
      1010,
    ],
    [
      'with one that is good for servers only',
      { dns: ['a.test'], usages: ['server'] },
      'a.test',
      'partner-certificate-untrusted',
      1010,
    ],
    ['with one for a name below the domain', { dns: ['sip.a.test'] }, 'a.test', 'partner-certificate-misnamed', 1010],
    ['with a wildcard', { dns: ['*.test'] }, 'a.test', 'partner-certificate-misnamed', 1010],
    [
      'with a SIP URI of another domain beside the DNS name',
      { uris: ['sip:d.test'], dns: ['a.test'] },
      'a.test',
      'partner-certificate-misnamed',
      1010,
    ],
    ['from a domain that is not allowed', { dns: ['stranger.test'] }, 'stranger.test', 'domain-not-allowed', 1002],
    ['from the domain of another partner', { dns: ['a.test'] }, 'c.test', 'partner-speaks-for-other', 4004],
    ['from our own domain', { dns: ['a.test', 'b.test'] }, 'b.test', 'partner-speaks-for-other', 4004],
  ])('%s is refused, hears why, and is logged once', async (_, shown, domain, refusal, id) => {
    const b = await edges.start({ domain: 'b.test', federation: [partner('a.test', 1), partner('c.test', 1)] });
    const eve = await partnerPhone(b, shown, domain);
    for (const i of [1, 2]) {
      const said = await eve.ask('MESSAGE', { uri: 'sip:bob@b.test', headers: { 'Call-ID': `${i}` } });
      expect(said.status).toBe(403);
      expect(said.headers.first('ms-diagnostics-public')).toMatch(
        new RegExp(`^${id};reason="[^"]+"(;domain="${domain}")?$`),
      );
    }
    expect(b.log.filter(line => line.msg === 'refused').map(line => line.refusal)).toEqual([refusal, refusal]);
    expect(warnings(b)).toMatchObject([{ refusal, domain, remote: '127.0.0.1' }]);
  });

  test('has what his certificate is good for, and no more: not the credentials of our users', async () => {
    const b = await edges.start({ domain: 'b.test', federation: [partner('a.test', 1)] });
    const eve = await partnerPhone(b, { uris: ['sip:a.test'], dns: ['www.a.test'] }, 'a.test');
    expect((await eve.ask('MESSAGE', { uri: 'sip:bob@b.test' })).status).toBe(480);
    for (const method of ['SERVICE', 'REGISTER']) {
      const said = await eve.ask(method, { uri: 'sip:mras.b.test@b.test' });
      expect([said.status, said.headers.first('ms-diagnostics-public')]).toEqual([
        403,
        expect.stringMatching(/^1027;/),
      ]);
    }
  });

  test('has the domains of the partner whose configured edge his certificate names', async () => {
    const lync = { name: 'a.test', kind: 'lync' as const, domains: ['a.test', 'a.example'], edge: 'access.a.test' };
    const b = await edges.start({ domain: 'b.test', federation: [lync] });
    const eve = await partnerPhone(b, { dns: ['access.a.test'] }, 'a.example');
    expect((await eve.ask('MESSAGE', { uri: 'sip:bob@b.test' })).status).toBe(480);
  });

  test('is trusted as soon as his authority is, without a restart', async () => {
    const authorities = join(edges.folder, 'later.pem');
    writeFileSync(authorities, edges.authority.certificate);
    const b = await edges.start({ domain: 'b.test', federation: [partner('a.test', 1)], access: { authorities } });
    const later = await Authority.make('Later');
    const presents = await later.issue({ dns: ['a.test'] });
    const ask = async () => {
      const eve = await edges.phone({ name: 'eve', domain: 'a.test', port: b.port, presents });
      return (await eve.ask('MESSAGE', { uri: 'sip:bob@b.test' })).status;
    };
    expect(await ask()).toBe(403);
    writeFileSync(authorities, `${edges.authority.certificate}\n${later.certificate}\n`);
    b.edge.reloadCertificate();
    expect(await ask()).toBe(480);
    writeFileSync(authorities, 'nothing');
    b.edge.reloadCertificate();
    expect(await ask()).toBe(480);
  });

  test('has as many connections, and as many requests in a second, as he is given', async () => {
    const small = { ...partner('a.test', 1), connections: 1, requestsPerSecond: 2, transactions: 1 };
    const b = await edges.start({ domain: 'b.test', federation: [small] });
    const eve = await partnerPhone(b, { dns: ['a.test'] }, 'a.test');
    expect((await eve.ask('OPTIONS', { uri: 'sip:b.test' })).status).toBe(200);
    const second = await partnerPhone(b, { dns: ['a.test'] }, 'a.test');
    await second.isClosed;
    expect(b.log).toContainEqual(expect.objectContaining({ refusal: 'partner-connections', domain: 'a.test' }));
    const statuses: (number | undefined)[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await eve.ask('OPTIONS', { uri: 'sip:b.test' })).status);
    expect(statuses).toContain(503);
    eve.close();
    await expect.poll(() => partnerConnections(b)).toBe('free');
  });

  test('is still a phone, if his certificate is that of its maker', async () => {
    const b = await edges.start({ domain: 'b.test', federation: [partner('a.test', 1)] });
    const presents = await (await Authority.make('Phones')).issue({ dns: ['00085D000000'] });
    const bob = await edges.phone({ name: 'bob', domain: 'b.test', port: b.port, presents });
    expect((await bob.signIn()).status).toBe(200);
    expect(warnings(b)).toEqual([]);
  });
});

describe('the edge of a partner that we connect to', () => {
  test.each<[string, Issued | 'stranger', string, number]>([
    ['has a certificate of an authority that we do not trust', 'stranger', 'hop-untrusted', 1010],
    ['has one that names its host and not the domain', { dns: ['sip.b.test'] }, 'hop-misnamed', 1009],
    ['has one of another domain', { uris: ['sip:c.test'], dns: ['b.test'] }, 'hop-misnamed', 1009],
  ])('%s: the call fails, its caller hears why, and it is logged once', async (_, issued, refusal, id) => {
    const authority = issued === 'stranger' ? { authority: await Authority.make('Strangers') } : { issued };
    const b = await edges.start({ domain: 'b.test', federation: [partner('a.test', 1)], ...authority });
    const a = await edges.start({ domain: 'a.test', federation: [partner('b.test', b.port)] });
    const alice = await a.phone('alice');
    for (const i of [1, 2]) {
      const said = await alice.ask('INVITE', { uri: 'sip:bob@b.test', headers: { 'Call-ID': `${i}` } });
      expect(said.status).toBe(504);
      expect(said.headers.first('ms-diagnostics')).toMatch(
        new RegExp(`^${id};reason="[^"]+";domain="b.test";source="a.test"$`),
      );
    }
    expect(warnings(a)).toMatchObject([
      { refusal, domain: 'b.test', detail: expect.stringContaining(`127.0.0.1:${b.port}`) },
    ]);
  });

  test('that of an entry with `sip: false` is not connected to', async () => {
    const a = await edges.start({ domain: 'a.test', federation: [{ ...partner('b.test', 1), sip: false }] });
    const alice = await a.phone('alice');
    const said = await alice.ask('INVITE', { uri: 'sip:bob@b.test' });
    expect([said.status, said.headers.first('ms-diagnostics')]).toEqual([403, expect.stringMatching(/^1005;/)]);
  });
});

test('a partner that has our own domain is refused at the start', async () => {
  const started = edges.start({
    domain: 'b.test',
    federation: [{ ...partner('a.test', 1), domains: ['a.test', 'b.test'] }],
  });
  await expect(started).rejects.toThrow('a.test has our own domain b.test');
});

function partner(name: string, port: number) {
  return { name, kind: 'standard' as const, edge: `127.0.0.1:${port}` };
}

async function twoEdges(): Promise<{ a: FederatedEdge; b: FederatedEdge }> {
  const [portA, portB] = [await freeTcpPort(), await freeTcpPort()];
  const a = await edges.start({ domain: 'a.test', port: portA, federation: [partner('b.test', portB)] });
  const b = await edges.start({ domain: 'b.test', port: portB, federation: [partner('a.test', portA)] });
  return { a, b };
}

async function partnerPhone(to: FederatedEdge, shown: Issued | 'none' | 'stranger', domain: string): Promise<SipPhone> {
  const authority = shown === 'stranger' ? await Authority.make('Strangers') : edges.authority;
  const issued = shown === 'stranger' ? { dns: [domain] } : shown;
  const own = issued === 'none' ? {} : { presents: await authority.issue(issued) };
  return edges.phone({ name: 'eve', domain, port: to.port, ...own });
}

/** A relay of this edge, for a user of it. */
async function relayOf({ edge }: FederatedEdge, name: string) {
  const { username, password } = edge.mint(name);
  const client = new TurnTestClient(await overUdp(edge.ports.udp[0]!, '127.0.0.1'), { username, password });
  clients.push(client);
  return { client, relayed: await client.relayed() };
}

/** INVITE, 200, ACK, and BYE by who was called. */
async function call(caller: SipPhone, callee: SipPhone): Promise<void> {
  const uri = `sip:${callee.name}@${callee.domain}`;
  const id = `${caller.name}-calls-${callee.name}`;
  const contact = (phone: SipPhone) => `<sip:${phone.name}@${phone.name}.invalid>`;
  const headers = { To: `<${uri}>`, 'Call-ID': id, Contact: contact(caller) };
  caller.send('INVITE', { uri, headers, body: 'v=0\r\n' });
  const invite = await callee.next();
  expect(invite.method).toBe('INVITE');
  expect(Buffer.from(invite.body).toString()).toBe('v=0\r\n');
  callee.answer(invite, 200);
  const ok = await final(caller);
  expect(ok.status).toBe(200);
  const routes = ok.headers.all('record-route').flatMap(line => line.split(/, */));
  expect(routes).toHaveLength(4);
  const dialog = { 'Call-ID': id };
  caller.send('ACK', {
    uri: `sip:${callee.name}@${callee.name}.invalid`,
    headers: {
      ...dialog,
      Route: routes.toReversed(),
      To: ok.headers.first('to'),
      CSeq: invite.headers.first('cseq')!.replace('INVITE', 'ACK'),
    },
  });
  expect((await callee.next()).method).toBe('ACK');
  callee.send('BYE', {
    uri: `sip:${caller.name}@${caller.name}.invalid`,
    headers: { ...dialog, Route: routes, From: ok.headers.first('to'), To: ok.headers.first('from') },
  });
  const bye = await caller.next();
  expect(bye.method).toBe('BYE');
  caller.answer(bye, 200);
  expect((await final(callee)).status).toBe(200);
}

async function final(phone: SipPhone): Promise<Heard> {
  for (;;) {
    const said = await phone.next();
    if ((said.status ?? 0) >= 200) return said;
  }
}

/** What the operator is told of partners that are refused. */
function warnings({ log }: FederatedEdge): unknown[] {
  return log.filter(({ level, refusal }) => level === 'warn' && refusal !== undefined);
}

function connected({ log }: FederatedEdge): unknown[] {
  return log
    .filter(({ msg }) => msg === 'partner connected')
    .map(({ opened, partner: name, domains }) => ({ opened, partner: name, domains }));
}

/** Whether a partner with one connection may open it. */
async function partnerConnections(to: FederatedEdge): Promise<string> {
  const phone = await partnerPhone(to, { dns: ['a.test'] }, 'a.test');
  const said = await Promise.race([
    phone.ask('OPTIONS', { uri: 'sip:b.test' }).then(() => 'free'),
    phone.isClosed.then(() => 'taken'),
  ]);
  phone.close();
  return said;
}
