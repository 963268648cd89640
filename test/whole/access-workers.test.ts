import { afterEach, beforeEach, expect, test } from 'vitest';
import { AccessFiles } from '../testkit/access-files.ts';
import { certificateFor } from '../testkit/certificates.ts';
import { grantedBy, msAllocate, provisionedUri } from '../testkit/mras-client.ts';
import { requires } from '../testkit/requires.ts';
import { SipPhone, tlsSocket } from '../testkit/sip-phones.ts';
import { endpoint } from '../testkit/turn-client.ts';
import { NATIVE, WorkersBench } from '../testkit/workers-bench.ts';

let files: AccessFiles;
let bench: WorkersBench;
beforeEach(async context => {
  requires(context, NATIVE);
  files = await AccessFiles.make();
  const access = { users: files.users, tls: 0, wss: 0 };
  bench = await WorkersBench.start({ access, tls: files.tls });
}, 60_000);
afterEach(async () => {
  await bench.close();
  files.remove();
});

test('with workers the Access Edge is a process of its own: it is watched and replaced, and takes nothing but sign-ins along', async () => {
  const phone = await signedIn('alice');
  const uri = await provisionedUri(phone);
  const { relays, ...granted } = await grantedBy(phone, uri);
  expect(relays.map(({ udpPort }) => udpPort)).toEqual([bench.udp]);
  expect((await msAllocate(granted, bench.udp)).code).toBeUndefined();
  expect(await bench.metric('sallyport_sip_users')).toBe(1);
  expect(await bench.metric('sallyport_allocations')).toBe(1);

  process.kill(accessPid(), 'SIGKILL');
  const waiting = tlsSocket({ name: 'alice', port: accessPort('TLS') }); // nobody is turned away meanwhile
  await phone.isClosed;
  await waiting;
  await expect.poll(() => bench.logged('access edge started').length, { timeout: 20_000 }).toBe(2);
  const again = await signedIn('alice');
  expect(await bench.metric('sallyport_sip_users')).toBe(1);
  expect(await bench.metric('sallyport_sip_requests_total{method="SERVICE",status="2xx"}')).toBe(1);
  expect(await bench.metric('sallyport_worker_restarts_total')).toBe(1);
  expect(await bench.metric('sallyport_allocations')).toBe(1);
  expect(await provisionedUri(again)).toBe(uri);
  expect((await grantedBy(again, uri)).username).not.toEqual(granted.username);
  again.close();
});

test('readiness tells of each port of the Access Edge, and a new certificate reaches them', async () => {
  const said = (await (await bench.get('/readyz')).json()) as { ready: boolean; checks: Record<string, string> };
  expect(said.ready).toBe(true);
  expect(Object.entries(said.checks).filter(([name]) => name.startsWith('access '))).toEqual([
    [`access sip tls 127.0.0.1:${accessPort('TLS')}`, 'ok'],
    [`access sip wss 127.0.0.1:${accessPort('WSS')}`, 'ok'],
  ]);
  const before = await presented();
  files.replaceCertificate(await certificateFor('edge.example.test'));
  await expect.poll(presented, { timeout: 20_000, interval: 500 }).not.toBe(before);
});

async function signedIn(name: string): Promise<SipPhone> {
  const phone = await SipPhone.overTls({ name, port: accessPort('TLS') });
  expect((await phone.signIn()).status).toBe(200);
  return phone;
}

async function presented(): Promise<string> {
  const socket = await tlsSocket({ name: 'nobody', port: accessPort('TLS') });
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

function accessPid(): number {
  return bench.logged('access edge started').at(-1)!.pid as number;
}

function accessPort(transport: 'TLS' | 'WSS'): number {
  const ports = bench.logged('access edge listens').at(-1)!.ports as string[];
  return endpoint(ports.find(port => port.startsWith(`${transport} `))!.split(' ')[1]!).port;
}
