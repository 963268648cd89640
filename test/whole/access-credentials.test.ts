import { afterEach, beforeEach, expect, test } from 'vitest';
import { AccessFiles } from '../testkit/access-files.ts';
import { EdgeBench, type EdgeDifferences } from '../testkit/edge-bench.ts';
import { askMras, grantedBy, mrasUriIn, msAllocate, provisionedUri } from '../testkit/mras-client.ts';
import { pause } from '../testkit/program.ts';
import { SipPhone } from '../testkit/sip-phones.ts';

const LIFETIME = 8;

let files: AccessFiles;
let bench: EdgeBench;
const phones: SipPhone[] = [];
beforeEach(async () => {
  files = await AccessFiles.make();
});
afterEach(async () => {
  for (const phone of phones.splice(0)) phone.close();
  await bench.close();
  files.remove();
});

test('a credential that was fetched over SIP ends everywhere with its life, and its owner is told to fetch another one before', async () => {
  await start({ credentials: { secrets: ['north-wind'], lifetime: LIFETIME } });
  const alice = await signedIn('alice');
  const uri = await provisionedUri(alice);
  const began = Date.now();
  const granted = await grantedBy(alice, uri);
  const allocated = await msAllocate(granted, bench.udp);
  expect(allocated.code).toBeUndefined();

  const notice = await alice.next();
  const seconds = (Date.now() - began) / 1000;
  expect(notice.method).toBe('BENOTIFY');
  expect(mrasUriIn(Buffer.from(notice.body).toString())).toBe(uri);
  expect(seconds).toBeGreaterThan(LIFETIME * 0.8);
  expect(seconds).toBeLessThan(LIFETIME);
  const next = await grantedBy(alice, uri);

  await pause(began + (LIFETIME + 1) * 1000 - Date.now());
  expect(bench.logged('allocation ended').map(({ reason }) => reason)).toEqual(['credential-expired']);
  expect((await msAllocate(granted, bench.udp)).code).toBe(430);
  expect((await msAllocate(next, bench.udp)).code).toBeUndefined();
});

test('a credential asked for a day is good for eight hours, and for the time that is configured where that is less', async () => {
  await start({ credentials: { secrets: ['north-wind'] } });
  const alice = await signedIn('alice');
  const uri = await provisionedUri(alice);
  const before = Date.now();
  const { username, durationMinutes } = await grantedBy(alice, uri, { duration: 24 * 60 });
  expect(durationMinutes).toBe(480);
  const expiry = username.readUInt32BE(6) * 1000;
  expect(expiry - before).toBeGreaterThan(8 * 3_600_000 - 1_000);
  expect(expiry - before).toBeLessThan(8 * 3_600_000 + 10_000);
  await bench.close();

  await start({ credentials: { secrets: ['north-wind'], lifetime: '2h' } });
  const bob = await signedIn('bob');
  expect((await grantedBy(bob, await provisionedUri(bob), { duration: 24 * 60 })).durationMinutes).toBe(120);
});

test('each side has credentials of its own, for its own relay; who comes from outside is outside, whatever he asks for', async () => {
  const internal = { address: '127.0.0.2', udp: 0, tcp: 0, networks: ['127.0.0.2/32'] };
  await start({ credentials: { secrets: ['north-wind'] }, internal });
  const [outsidePort, insidePort] = bench.edge.ports.access.tls as [number, number];
  const outside = await signedIn('alice', outsidePort);
  const inside = await signedIn('bob', insidePort, '127.0.0.2');
  const uri = await provisionedUri(inside);
  const within = await grantedBy(inside, uri, { location: 'intranet' });
  const without = await grantedBy(outside, uri, { location: 'intranet' });
  const insideUdp = bench.edge.ports.internal.udp[0]!;
  expect(within.relays).toMatchObject([{ location: 'intranet', host: '127.0.0.2', udpPort: insideUdp }]);
  expect(without.relays).toMatchObject([{ location: 'internet', host: '127.0.0.1', udpPort: bench.udp }]);
  expect((await msAllocate(within, insideUdp, '127.0.0.2')).code).toBeUndefined();
  expect((await msAllocate(without, insideUdp, '127.0.0.2')).code).toBe(436);
  expect((await askMras(outside, uri, { identity: 'sip:bob@example.test' })).status).toBe(403);
});

async function start(differences: EdgeDifferences): Promise<void> {
  const access = { users: files.users, tls: 0, wss: 0 };
  bench = await EdgeBench.start({ access, tls: files.tls, ...differences });
}

async function signedIn(name: string, port = bench.edge.ports.access.tls[0]!, host = '127.0.0.1'): Promise<SipPhone> {
  const phone = await SipPhone.overTls({ name, port, host });
  phones.push(phone);
  expect((await phone.signIn()).status).toBe(200);
  return phone;
}
