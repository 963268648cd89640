import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ATTRIBUTES, type Channel, formatIp, type TransportAddress } from '../../src/wire/index.ts';
import { PemFiles, pemPair } from '../testkit/pem-files.ts';
import { pause } from '../testkit/program.ts';
import { ipv6Loopback, requires } from '../testkit/requires.ts';
import { endpoint, overTcp, overUdp, type TurnTestClient } from '../testkit/turn-client.ts';
import type { Reply } from '../testkit/turn-reply.ts';
import { NATIVE, WorkersBench } from '../testkit/workers-bench.ts';

const CHANNEL = 0x4001 as Channel;

const benches: WorkersBench[] = [];
beforeEach(context => requires(context, NATIVE, ipv6Loopback));
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await Promise.all(benches.splice(0).map(bench => bench.close()));
});

async function start(...args: Parameters<typeof WorkersBench.start>): Promise<WorkersBench> {
  const bench = await WorkersBench.start(...args);
  benches.push(bench);
  return bench;
}

test('each worker is a process of its own, and the kernel shares the clients out over UDP and TCP', async () => {
  const bench = await start();
  expect(new Set([bench.program.pid, bench.pid(1), bench.pid(2)]).size).toBe(3);
  for (const transport of ['udp', 'tcp'] as const) {
    const workers = new Set<number>();
    for (let i = 0; i < 64 && workers.size < 2; i++)
      workers.add(bench.workerOf(await (await bench.over(transport)).relayed()));
    expect(workers, transport).toEqual(new Set([1, 2]));
  }
});

test.each(['udp', 'tcp'] as const)(
  'of several addresses, IPv4 and IPv6, each is shared out over %s',
  async transport => {
    const external = { address: ['127.0.0.1', '127.0.0.2', '::1'], udp: 0, tcp: 0, peers: { allow: ['127.0.0.0/8'] } };
    const bench = await start({ external });
    const listeners = bench.listeners(transport);
    expect(listeners.map(({ ip }) => ip)).toEqual(['127.0.0.1', '127.0.0.2', '::1']);
    for (const { ip, port } of listeners) {
      const workers = new Set<number>();
      for (let i = 0; i < 64 && workers.size < 2; i++) {
        const client = bench.client(await (transport === 'udp' ? overUdp(port, ip) : overTcp(port, ip)));
        const relayed = await client.relayed({ family: ip === '::1' ? 6 : 4 });
        expect(formatIp(relayed)).toBe(ip);
        workers.add(bench.workerOf(relayed));
      }
      expect(workers, ip).toEqual(new Set([1, 2]));
    }
    expect((await (await bench.get('/readyz')).json()) as object).toMatchObject({ ready: true });
  },
);

test('clients of different workers relay to each other', async () => {
  const bench = await start();
  const [one, two] = [await bench.on(1), await bench.on(2, 'tcp')];
  await one.client.bind(CHANNEL, two.relayed);
  await two.client.bind(CHANNEL, one.relayed);
  one.client.sendOn(CHANNEL, Buffer.from('to the other worker'));
  await arrivals(two.client, 1);
  two.client.sendOn(CHANNEL, Buffer.from('and back'));
  await arrivals(one.client, 1);
  expect(textOf(two.client)).toEqual(['to the other worker']);
  expect(textOf(one.client)).toEqual(['and back']);
});

test('a worker that is killed takes only its own calls along, and is replaced on the same sockets at once', async () => {
  const bench = await start();
  const [lost, kept] = [await call(bench, 1), await call(bench, 2)];
  const running = [lost, kept].map(sendEvery5Millis);
  ends.push(...running);
  await pause(500);
  bench.kill(1);
  await bench.served(1, 1);
  await pause(500);
  const [, sent] = running.map(end => end());
  await arrivals(kept.to, sent!);
  expect(kept.to.arrived).toHaveLength(sent!);
  // the killed one's clients: their 5-tuples come to the replacement, which tells them cleanly and serves them anew
  expect((await lost.from.refresh(600)).code).toBe(437);
  expect(bench.workerOf(await lost.from.relayed())).toBe(1);
  expect(bench.logged('worker died: its allocations are lost, it is replaced')).toMatchObject([
    { worker: 1, signal: 'SIGKILL', restartInMillis: 0 },
  ]);
});

test('TCP clients of a killed worker are disconnected at once, and others are not', async () => {
  const bench = await start();
  const [lost, kept] = [await bench.on(1, 'tcp'), await bench.on(2, 'tcp')];
  bench.kill(1);
  await bench.served(1, 1);
  expect(lost.client.path.isOpen).toBe(false);
  expect((await kept.client.refresh(600)).isSuccess).toBe(true);
});

test('a nonce that a killed worker gave is good for its replacement', async () => {
  const bench = await start();
  const { client } = await bench.on(1);
  const { nonce } = client.talker;
  bench.kill(1);
  await bench.served(1, 1);
  expect((await client.refresh(600)).code).toBe(437); // and not 438
  expect(client.talker.nonce).toBe(nonce);
});

test('quotas hold across workers, and what a killed worker held is free again', async () => {
  const bench = await start({ limits: { allocationsPerUser: 1, connections: 1_000 } });
  const { client } = await bench.on(1);
  for (let i = 0; i < 16; i++) expect((await (await bench.over('udp')).allocate()).code).toBe(486);
  expect((await (await bench.over('tcp')).allocate()).code).toBe(486);
  expect(await bench.metric('sallyport_refusals_total{reason="user-quota"}')).toBe(17);
  expect((await (await bench.over('udp', 'bob')).allocate()).isSuccess).toBe(true);
  await client.refresh(0);
  await bench.on(2);
  bench.kill(2);
  await bench.served(2, 1);
  expect((await (await bench.over('udp')).allocate()).isSuccess).toBe(true);
});

test('while the supervisor says nothing an allocation is refused in time, and what has one goes on', async () => {
  const bench = await start();
  const { from, to } = await call(bench, 1);
  const late = await bench.over('udp', 'carol');
  process.kill(bench.program.pid, 'SIGSTOP');
  try {
    expect((await late.allocate()).code).toBe(508);
    from.sendOn(CHANNEL, Buffer.from('still relayed'));
    await arrivals(to, 1);
  } finally {
    process.kill(bench.program.pid, 'SIGCONT');
  }
  expect(textOf(to)).toEqual(['still relayed']);
  expect((await (await bench.over('udp', 'carol')).allocate()).isSuccess).toBe(true);
});

test('a refused allocation leaves nothing behind, not even the port reserved beside it', async () => {
  const bench = await start({ limits: { allocationsPerUser: 1, connections: 1_000 } });
  await bench.on(1);
  for (let i = 0; i < 8; i++)
    expect((await (await bench.over('udp')).allocate({ evenPort: 'even-and-next' })).code).toBe(486);
  expect(await bench.metric('sallyport_relay_ports_used')).toBe(1);
  expect(await bench.metric('sallyport_allocations')).toBe(1);
});

test('a port reserved by one worker is claimed at another, once', async () => {
  const bench = await start();
  for (let i = 0; i < 8; i++) {
    const first = await (await bench.over('udp')).allocate({ evenPort: 'even-and-next' });
    const reserved = portOf(first) + 1;
    const token = first.value(ATTRIBUTES.ReservationToken)!;
    const second = await (await bench.over('udp')).allocate({ token });
    expect([second.summary, portOf(second)]).toEqual(['success 600', reserved]);
    expect((await (await bench.over('udp')).allocate({ token })).code).toBe(508);
  }
  expect(await bench.metric('sallyport_allocations')).toBe(16);
});

test('the life of an over-long credential starts with its first use on any worker, for those started later too', async () => {
  const bench = await start({ credentials: { secrets: ['north-wind'], lifetime: '2s' } });
  const username = `${Math.floor(Date.now() / 1000) + 86_400}:carol`;
  const password = createHmac('sha1', 'north-wind').update(username).digest('base64');
  const allocate = async () => {
    const client = bench.client(await overUdp(bench.udp), { username, password });
    return client.allocate();
  };
  expect((await allocate()).isSuccess).toBe(true);
  bench.kill(2);
  await bench.served(2, 1);
  await pause(2_000);
  for (let i = 0; i < 16; i++) expect((await allocate()).code).toBe(401);
  expect(await bench.metric('sallyport_refusals_total{reason="credential-expired"}')).toBeGreaterThanOrEqual(16);
});

test('the metrics are those of all workers together, and do not shrink when one dies', async () => {
  const bench = await start();
  const calls = [await call(bench, 1), await call(bench, 2)];
  for (const { from } of calls) for (let i = 0; i < 50; i++) from.sendOn(CHANNEL, Buffer.from(`${i}`));
  for (const { to } of calls) await arrivals(to, 50);
  expect(await bench.metric('sallyport_allocations')).toBe(4);
  expect(await bench.metric('sallyport_relayed_datagrams_total{direction="to-peer"}')).toBe(100);
  expect(await bench.metric('sallyport_relay_ports_size')).toBe(2_000);
  expect(await bench.metric('sallyport_workers')).toBe(2);
  bench.kill(1);
  await bench.served(1, 1);
  expect(await bench.metric('sallyport_relayed_datagrams_total{direction="to-peer"}')).toBe(100);
  expect(await bench.metric('sallyport_worker_restarts_total')).toBe(1);
});

test('readiness is tried on every worker by every way in', async () => {
  const bench = await start();
  const ready = await bench.get('/readyz');
  const ways = [`udp 127.0.0.1:${bench.udp}`, `tcp 127.0.0.1:${bench.tcp}`];
  const checks = Object.fromEntries([1, 2].flatMap(worker => ways.map(way => [`worker ${worker} ${way}`, 'ok'])));
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true, checks }]);
  process.kill(bench.pid(2), 'SIGSTOP');
  await pause(2_100); // results are good for two seconds
  const stuck = await bench.get('/readyz'); // answered when it has been found to hang
  expect(stuck.status).toBe(503);
  expect(await stuck.json()).toMatchObject({ checks: { 'worker 2 self': 'gives no answer' } });
});

test('a renewed certificate reaches every worker', async () => {
  const files = await PemFiles.make(await pemPair('one.example'));
  try {
    const bench = await start({ tls: { certificate: files.certificate, key: files.key } });
    expect(await namesSeen(bench.tcp)).toEqual(['one.example']);
    await files.write(await pemPair('two.example'));
    process.kill(bench.program.pid, 'SIGHUP');
    await bench.program.until(() => bench.logged('certificate renewed').length === 1);
    expect(await namesSeen(bench.tcp)).toEqual(['two.example']);
    bench.kill(1);
    await bench.served(1, 1);
    expect(await namesSeen(bench.tcp)).toEqual(['two.example']);
  } finally {
    await files.remove();
  }
});

test('a worker that keeps dying is replaced more and more slowly', async () => {
  const bench = await start();
  for (let deaths = 1; deaths <= 4; deaths++) {
    bench.kill(1);
    await bench.served(1, deaths);
  }
  const died = bench.logged('worker died: its allocations are lost, it is replaced');
  expect(died.map(line => line.restartInMillis)).toEqual([0, 250, 500, 1_000]);
  expect((await bench.get('/readyz')).status).toBe(200);
});

test('a worker that hangs is killed and replaced, and what it had done is in the summary at the end', async () => {
  const bench = await start();
  const calls = [await call(bench, 1), await call(bench, 2)];
  for (const { from } of calls) for (let i = 0; i < 50; i++) from.sendOn(CHANNEL, Buffer.from(`${i}`));
  for (const { to } of calls) await arrivals(to, 50);
  await pause(1_500); // a heartbeat
  process.kill(bench.pid(1), 'SIGSTOP');
  await bench.served(1, 1);
  expect(bench.logged('worker is killed')).toMatchObject([{ worker: 1, reason: 'it hangs' }]);
  expect(bench.workerOf(await calls[0]!.from.relayed())).toBe(1);
  expect((await calls[1]!.from.refresh(600)).isSuccess).toBe(true);
  await bench.program.stop();
  const summary = bench.logged('stopped').find(line => line.worker === undefined);
  // a datagram is relayed twice: to the peer's relay, and from there
  expect(summary).toMatchObject({ cutOff: 5, datagrams: 200 });
});

test('nothing is left running when the supervisor is stopped, and the summary is of all workers', async () => {
  const bench = await start();
  await bench.on(1);
  await bench.on(2);
  const pids = [bench.pid(1), bench.pid(2)];
  const caches = codeCaches(pids[0]!);
  expect(caches.map(existsSync)).toEqual([true]);
  await bench.program.stop();
  expect(pids.filter(isRunning)).toEqual([]);
  expect(caches.map(existsSync)).toEqual([false]);
  const summary = bench.logged('stopped').find(line => line.worker === undefined);
  expect(summary).toMatchObject({ cutOff: 2 });
});

test('nothing is left running when the supervisor is killed', async () => {
  const bench = await start();
  await bench.on(1);
  const pids = [bench.pid(1), bench.pid(2)];
  process.kill(bench.program.pid, 'SIGKILL');
  await bench.program.finish(1_000);
  for (let i = 0; i < 40 && pids.some(isRunning); i++) await pause(50);
  expect(pids.filter(isRunning)).toEqual([]);
});

test('a port that another edge shares among its workers is taken all the same', async () => {
  const bench = await start();
  const external = { address: '127.0.0.1', udp: bench.udp, tcp: [] };
  await expect(WorkersBench.start({ external })).rejects.toThrow('SALLYPORT_PORT_TAKEN');
  const alone = { address: '127.0.0.1', udp: [], tcp: bench.tcp };
  await expect(WorkersBench.start({ external: alone })).rejects.toThrow('SALLYPORT_PORT_TAKEN');
});

test('the configured number of workers serves, and one is no supervisor at all', async () => {
  expect(new Set((await start({}, 3)).logged('worker started').map(line => line.worker))).toEqual(new Set([1, 2, 3]));
  const alone = await start({}, 1);
  expect(alone.logged('worker started')).toEqual([]);
  expect(await alone.metric('sallyport_workers')).toBe(1);
  expect(childrenOf(alone.program.pid)).toEqual([]);
});

test('without the engine mmsg there is one process, and the log says why', async () => {
  const bench = await start({ engines: ['dgram'] }, 2);
  expect(bench.logged('fewer workers')).toMatchObject([{ level: 'warn', wanted: 2, workers: 1 }]);
  expect(childrenOf(bench.program.pid)).toEqual([]);
});

function portOf(reply: Reply): number {
  return endpoint(reply.addresses(ATTRIBUTES.XorRelayedAddress)[0]!).port;
}

interface Call {
  readonly from: TurnTestClient;
  readonly to: TurnTestClient;
}

/** Two clients of one worker with a channel between them. */
async function call(bench: WorkersBench, worker: number): Promise<Call> {
  const [from, to] = [await bench.on(worker), await bench.on(worker, 'udp', 'bob')];
  await from.client.bind(CHANNEL, to.relayed);
  await to.client.permit(from.relayed as TransportAddress);
  return { from: from.client, to: to.client };
}

/** Begins to send, and returns how to end: with the number sent. */
function sendEvery5Millis({ from }: Call): () => number {
  let sent = 0;
  const timer = setInterval(() => from.sendOn(CHANNEL, Buffer.from(`${sent++}`)), 5);
  return () => {
    clearInterval(timer);
    return sent;
  };
}

async function arrivals(client: TurnTestClient, count: number): Promise<void> {
  for (let i = 0; i < 100 && client.arrived.length < count; i++) await pause(20);
}

function textOf(client: TurnTestClient): string[] {
  return client.arrived.map(({ payload }) => Buffer.from(payload).toString());
}

/** The names of the certificates that TLS clients are shown, over enough connections to meet every worker. */
async function namesSeen(port: number): Promise<string[]> {
  const names = new Set<string>();
  for (let i = 0; i < 16; i++) {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    await new Promise(resolve => socket.once('secureConnect', resolve));
    names.add(String(socket.getPeerCertificate().subject.CN));
    socket.destroy();
  }
  return [...names];
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Where a worker's compiled code is kept. */
function codeCaches(pid: number): string[] {
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return environment.filter(one => one.startsWith('NODE_COMPILE_CACHE=')).map(one => one.slice(one.indexOf('=') + 1));
}

function childrenOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
}
