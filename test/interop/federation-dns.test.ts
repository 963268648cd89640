import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Issued } from '../testkit/authority.ts';
import { type FederatedEdge, FederatedEdges } from '../testkit/federated-edges.ts';
import { freeTcpPort } from '../testkit/free-ports.ts';
import { Program } from '../testkit/program.ts';
import { requires } from '../testkit/requires.ts';
import type { Heard } from '../testkit/sip-phones.ts';

let edges: FederatedEdges;
let dns: Program | undefined;

beforeEach(context => requires(context, 'dnsmasq'));
beforeAll(async () => {
  edges = await FederatedEdges.make();
});
afterEach(async () => {
  await edges.close();
  await dns?.stop();
  dns = undefined;
});
afterAll(() => edges.remove());

test('a partner is found by its SRV records, in their order, and one that does not answer is passed over', async () => {
  const b = await otherEdge();
  const dead = await freeTcpPort();
  const [server] = await nameServer(
    `--srv-host=_sipfederationtls._tcp.b.test,far.b.test,${b.port},20`,
    `--srv-host=_sipfederationtls._tcp.b.test,near.b.test,${dead},10`,
    '--host-record=near.b.test,127.0.0.1',
    '--host-record=far.b.test,127.0.0.1',
  );
  const said = await message(server);
  expect([said.status, said.headers.first('ms-diagnostics')]).toEqual([480, undefined]);
  await expect.poll(() => queries()).toContain('query[SRV] _sipfederationtls._tcp.b.test');
});

test('one that has no record of federation is found by that of SIP over TLS', async () => {
  const b = await otherEdge();
  const [server] = await nameServer(
    `--srv-host=_sips._tcp.b.test,sip.b.test,${b.port}`,
    '--host-record=sip.b.test,127.0.0.1',
  );
  expect((await message(server)).status).toBe(480);
});

test('its certificate has to name the domain, whatever DNS says', async () => {
  const b = await otherEdge({ dns: ['sip.b.test'] });
  const [server] = await nameServer(
    `--srv-host=_sipfederationtls._tcp.b.test,sip.b.test,${b.port}`,
    '--host-record=sip.b.test,127.0.0.1',
  );
  const said = await message(server);
  expect([said.status, said.headers.first('ms-diagnostics')]).toEqual([504, expect.stringMatching(/^1009;/)]);
});

test.each<[string, string[], number]>([
  ['has no record', [], 1008],
  ['says that there is none', ['--srv-host=_sipfederationtls._tcp.b.test'], 1008],
  ['names a host without address', ['--srv-host=_sipfederationtls._tcp.b.test,gone.b.test,5061'], 1014],
  [
    'sends us into a network that peers may not be in',
    ['--srv-host=_sipfederationtls._tcp.b.test,in.b.test,5061', '--host-record=in.b.test,10.0.0.1'],
    1014,
  ],
])('a partner whose DNS %s is not called, and the caller hears why', async (_, records, id) => {
  const [server] = await nameServer(...records);
  const said = await message(server);
  expect(said.status).toBe(504);
  expect(said.headers.first('ms-diagnostics')).toMatch(
    new RegExp(`^${id};reason="[^"]+";domain="b.test";source="a.test"$`),
  );
});

test('a name server that does not answer is no answer', async () => {
  const said = await message(`127.0.0.1:${await freeTcpPort()}`);
  expect([said.status, said.headers.first('ms-diagnostics')]).toEqual([504, expect.stringMatching(/^1007;/)]);
});

function otherEdge(issued?: Issued): Promise<FederatedEdge> {
  const federation = [{ name: 'a.test', kind: 'standard' as const, edge: '127.0.0.1:1' }];
  return edges.start({ domain: 'b.test', federation, ...(issued === undefined ? {} : { issued }) });
}

/** dnsmasq with these records, and all else of `test` unknown. */
async function nameServer(...records: readonly string[]): Promise<[string]> {
  const port = await freeTcpPort();
  dns = new Program('dnsmasq', [
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--bind-interfaces',
    '--listen-address=127.0.0.1',
    `--port=${port}`,
    '--pid-file=',
    '--user=root',
    '--log-queries',
    '--log-facility=-',
    '--local=/test/',
    ...records,
  ]);
  await dns.until(() => queries().includes('started'));
  return [`127.0.0.1:${port}`];
}

function queries(): string {
  return dns?.output ?? '';
}

/** What alice of a.test hears when she writes to bob of b.test. */
async function message(server: string): Promise<Heard> {
  const a = await edges.start({
    domain: 'a.test',
    federation: [{ name: 'b.test', kind: 'standard' }],
    access: { dnsServers: [server] },
  });
  const alice = await a.phone('alice');
  return alice.ask('MESSAGE', { uri: 'sip:bob@b.test' });
}
