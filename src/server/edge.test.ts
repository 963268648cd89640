import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { EdgeBench, type EdgeDifferences, SECRET, USERS } from '../../test/testkit/edge-bench.ts';
import { EdgeClient, type Identity } from '../../test/testkit/edge-client.ts';
import { freePortPair, isFree } from '../../test/testkit/free-ports.ts';
import { openTcp, pause, until } from '../../test/testkit/stream-bytes.ts';
import { ATTRIBUTES, parseIp, type TransportAddress, withPort } from '../wire/index.ts';

const TOKEN = 'open-sesame';
const ADMIN = { address: '127.0.0.1', port: 0, token: TOKEN };
const TRANSPORTS = ['udp', 'tcp', 'tls'] as const;

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(differences: EdgeDifferences = {}): Promise<EdgeBench> {
  const bench = await EdgeBench.start(differences);
  undo.push(() => bench.close());
  return bench;
}

async function clientOf(bench: EdgeBench, over: (typeof TRANSPORTS)[number], who?: Identity): Promise<EdgeClient> {
  const client = await EdgeClient[over](over === 'udp' ? bench.udp : bench.tcp, who);
  undo.push(() => client.close());
  return client;
}

async function echoPeer(): Promise<TransportAddress> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
  undo.push(() => socket.close());
  return at(socket.address().port);
}

function at(port: number, ip = '127.0.0.1'): TransportAddress {
  return withPort(parseIp(ip)!, port);
}

async function takenPort(protocol: 'udp' | 'tcp'): Promise<number> {
  if (protocol === 'tcp') {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    undo.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }
  const socket = createSocket('udp4').bind(await freePortPair('127.0.0.1'), '127.0.0.1'); // no relay port
  await once(socket, 'listening');
  undo.push(() => socket.close());
  return socket.address().port;
}

describe('a listener that can not be had', () => {
  test.each<['udp' | 'tcp', string, (port: number) => EdgeDifferences]>([
    ['udp', 'UDP listener', udp => ({ external: { udp } })],
    ['tcp', 'TCP listener', tcp => ({ external: { tcp } })],
    ['tcp', 'admin listener', port => ({ admin: { ...ADMIN, port } })],
  ])('because the %s port is taken: the %s is named, and by whom', async (protocol, what, differences) => {
    const port = await takenPort(protocol);
    const error: unknown = await EdgeBench.start(differences(port)).catch(e => e);
    expect(error).toMatchObject({ name: 'OperatorError', code: 'SALLYPORT_PORT_TAKEN' });
    const owner = process.platform === 'linux' ? `(pid ${process.pid})` : 'another program';
    expect((error as Error).message).toContain(`${what}: 127.0.0.1 port ${port} is taken by`);
    expect((error as Error).message).toContain(owner);
  });

  test.each<[string, EdgeDifferences]>([
    ['UDP listener', { external: { address: '192.0.2.77' } }],
    ['TCP listener', { external: { address: '192.0.2.77', udp: [] } }],
    ['UDP listener', { external: { address: '2001:db8::77' } }],
    ['admin listener', { admin: { ...ADMIN, address: '192.0.2.77' } }],
  ])('because its address is not here: the %s is named', async (what, differences) => {
    await expect(EdgeBench.start(differences)).rejects.toMatchObject({
      code: 'SALLYPORT_ADDRESS_NOT_HERE',
      message: expect.stringContaining(`${what}: `),
    });
  });

  test('leaves nothing open of those that were opened before it', async () => {
    const [udp, taken] = [await freePortPair('127.0.0.1'), await takenPort('tcp')];
    const descriptors = openDescriptors();
    const external = { udp: [udp, udp + 1], tcp: [0, taken] };
    await expect(EdgeBench.start({ external, admin: ADMIN })).rejects.toThrow(/is taken/);
    await expect(EdgeBench.start({ external: { udp }, admin: { ...ADMIN, port: taken } })).rejects.toThrow(/is taken/);
    expect(await isFree('127.0.0.1', udp)).toBe(true);
    expect(await isFree('127.0.0.1', udp + 1)).toBe(true);
    await until(
      () => openDescriptors() === descriptors,
      2_000,
      () => `${openDescriptors()} instead of ${descriptors}`,
    );
  });
});

describe('an edge that is closed', () => {
  test('has ended its allocations, freed its ports, and says what it did', async () => {
    const udp = await freePortPair('127.0.0.1');
    const bench = await start({ external: { udp, tcp: udp }, admin: ADMIN });
    const peer = await echoPeer();
    const relays: number[] = [];
    for (const over of TRANSPORTS) {
      const client = await clientOf(bench, over);
      relays.push(Number((await client.allocate()).split(':').at(-1)));
      await client.permit(peer);
      client.sendTo(peer, Buffer.from('1234567'));
      await client.received(1);
    }
    const { adminUrl } = bench.edge;
    expect((await fetch(`${adminUrl}metrics`)).status).toBe(200); // leaves an idle connection open
    const summary = await bench.edge.close();
    expect(summary).toMatchObject({ allocations: 3, cutOff: 3, datagrams: 6, bytes: 42 });
    expect(await bench.edge.close()).toBe(summary);
    expect(bench.logged('allocation ended').map(line => line.reason)).toEqual(['stopped', 'stopped', 'stopped']);
    expect(bench.logged('stopped')).toHaveLength(1);
    for (const port of [udp, ...relays]) expect(await isFree('127.0.0.1', port)).toBe(true);
    const again = await start({ external: { udp, tcp: udp } });
    expect(again.edge.ports).toMatchObject({ udp: [udp], tcp: [udp] });
  });

  test('in the middle of an Allocate does not stumble', async () => {
    const bench = await start();
    const client = await clientOf(bench, 'tcp');
    const asked = client.tryAllocate().catch(() => 'no answer');
    await until(() => client.replies.length > 0);
    await bench.edge.close();
    client.close();
    void asked;
  });
});

test('two edges in one process do not meet', async () => {
  const [one, two] = [await start({ realm: 'one' }), await start({ realm: 'two' })];
  const client = await clientOf(one, 'udp');
  await client.allocate();
  expect([await one.metric('sallyport_allocations'), await two.metric('sallyport_allocations')]).toEqual([1, 0]);
  await two.close();
  expect((await client.refresh(600)).isSuccess).toBe(true);
});

describe('the end of an allocation', () => {
  test.each(TRANSPORTS)('is one log line with user, transport, bytes and reason (%s)', async over => {
    const bench = await start();
    const peer = await echoPeer();
    const client = await clientOf(bench, over, { username: 'bob', password: USERS.bob! });
    const relayed = await client.allocate();
    await client.permit(peer);
    client.sendTo(peer, Buffer.alloc(100));
    client.sendTo(peer, Buffer.alloc(50));
    await client.received(2);
    await client.refresh(0);
    expect(bench.logged('allocation ended')).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        msg: 'allocation ended',
        user: 'bob',
        transport: over,
        client: `127.0.0.1:${client.port}`,
        relays: [relayed],
        seconds: expect.any(Number),
        bytesToPeers: 150,
        bytesToClient: 150,
        datagramsToPeers: 2,
        datagramsToClient: 2,
        reason: 'refreshed-to-zero',
      },
    ]);
    expect(
      await bench.metric(`sallyport_allocations_ended_total{reason="refreshed-to-zero",transport="${over}"}`),
    ).toBe(1);
  });

  test('is one line of JSON whatever the user is called', async () => {
    const bench = await start();
    const name = '%s%n"},{\'\u0000\r\n\u2028<script>';
    const client = await clientOf(bench, 'udp', bench.edge.mint(name));
    await client.allocate();
    await client.refresh(0);
    const [line] = bench.lines.filter(each => each.includes('allocation ended'));
    expect(line!.trimEnd()).not.toMatch(/[\r\n\0]/);
    expect(bench.logged('allocation ended')).toMatchObject([{ user: client.identity.username }]);
    expect(client.identity.username).toContain(name);
  });

  test('of two relays is one line with the bytes of both', async () => {
    const bench = await start({ external: { address: ['127.0.0.1', '::1'] } });
    const client = await clientOf(bench, 'udp');
    const reply = await client.tryAllocate(w => w.family(ATTRIBUTES.AdditionalAddressFamily, 6));
    expect(reply.addresses(ATTRIBUTES.XorRelayedAddress)).toHaveLength(2);
    const peer = await echoPeer();
    await client.permit(peer);
    client.sendTo(peer, Buffer.alloc(10));
    await client.received(1);
    await client.refresh(0);
    expect(bench.logged('allocation ended')).toMatchObject([{ bytesToPeers: 10, bytesToClient: 10 }]);
    expect((bench.logged('allocation ended')[0]!.relays as string[]).length).toBe(2);
  });

  test('comes with the end of its credential, refreshed or not, on every transport', async () => {
    const bench = await start();
    const minted = bench.edge.mint('carol', 3);
    const clients = await Promise.all(TRANSPORTS.map(over => clientOf(bench, over, minted)));
    for (const client of clients) {
      await client.allocate();
      expect((await client.refresh(3_600)).isSuccess).toBe(true);
    }
    await until(() => bench.logged('allocation ended').length === 3, 5_000);
    for (const line of bench.logged('allocation ended')) {
      expect(line).toMatchObject({ user: minted.username, reason: 'credential-expired' });
    }
    expect(Date.now()).toBeGreaterThanOrEqual(minted.expiresAt);
    expect(await bench.metric('sallyport_relay_ports_used')).toBe(0);
    for (const client of clients) expect((await client.tryAllocate()).code).toBe(401);
  });

  test('comes with its lifetime', async () => {
    const bench = await start({ lifetimes: { allocation: '1s', most: '1s' } });
    await (await clientOf(bench, 'udp')).allocate();
    await until(() => bench.logged('allocation ended').length === 1, 4_000);
    expect(bench.logged('allocation ended')).toMatchObject([{ reason: 'expired' }]);
  });
});

describe('quotas', () => {
  test.each<[string, EdgeDifferences['limits']]>([
    ['of a user', { allocationsPerUser: 1 }],
    ['of a network', { allocationsPerPrefix: 1 }],
    ['of the edge', { allocations: 1 }],
  ])('%s are answered 486, and free again when the allocation ends', async (_, limits) => {
    const bench = await start({ limits: limits! });
    const [first, second] = [await clientOf(bench, 'udp'), await clientOf(bench, 'tcp')];
    await first.allocate();
    expect((await second.tryAllocate()).code).toBe(486);
    await first.refresh(0);
    expect((await second.tryAllocate()).isSuccess).toBe(true);
  });
});

describe('where the edge itself listens', () => {
  test('no peer is, although all of loopback is allowed', async () => {
    const bench = await start({ admin: ADMIN });
    const client = await clientOf(bench, 'udp');
    const own = await client.allocate();
    await client.permit(at(0));
    const { udp, tcp, admin } = bench.edge.ports;
    let channel = 0x4000;
    for (const port of [...udp, ...tcp, admin!]) {
      expect((await client.bindChannel(channel++, at(port))).code).toBe(403);
      client.sendTo(at(port), Buffer.from('GET / HTTP/1.0\r\n\r\n'));
    }
    const silent = 'sallyport_refusals_total{reason="send-to-own-endpoint"}';
    await until(async () => (await bench.metric(silent)) === 3);
    expect(own).toMatch(/^127\.0\.0\.1:/);
  });

  test('HTTP finds nobody', async () => {
    const bench = await start({ admin: ADMIN });
    await expect(fetch(`http://127.0.0.1:${bench.tcp}/metrics`)).rejects.toThrow();
    const socket = createSocket('udp4');
    let answers = 0;
    socket.on('message', () => answers++);
    socket.send('GET /metrics HTTP/1.1\r\n\r\n', bench.udp, '127.0.0.1');
    await until(async () => (await bench.metric('sallyport_received_datagrams_total')) > 0);
    await pause(20);
    expect(answers).toBe(0);
    socket.close();
  });
});

test('no secret is in a log line at any level, in the metrics or in an answer', async () => {
  const bench = await start({ admin: ADMIN, limits: { allocationsPerUser: 2 } });
  const { edge } = bench;
  const said: string[] = [];
  const ask = async (path: string, init?: RequestInit) =>
    said.push(await (await fetch(edge.adminUrl + path, init)).text());
  const minted = edge.mint('carol', 60);
  for (const over of TRANSPORTS) {
    const client = await clientOf(bench, over, minted);
    await client.tryAllocate();
    await client.permit(at(bench.udp, '10.0.0.1'));
    await client.refresh(0);
    const wrong = await clientOf(bench, over, { username: 'alice', password: 'guessed-password' });
    await wrong.tryAllocate();
  }
  (await openTcp(bench.tcp)).write(`POST /?key=${TOKEN} HTTP/1.1\r\n\r\n`);
  const authorization = `Bearer ${TOKEN}`;
  const mint = { method: 'POST', headers: { authorization, 'content-type': 'application/json' } };
  const fresh = await (await fetch(`${edge.adminUrl}v1/credentials`, { ...mint, body: '{"user":"dave"}' })).json();
  await ask('v1/credentials', { ...mint, body: `{"user":${TOKEN}` });
  await ask('v1/credentials', { ...mint, body: '{"user":7}' });
  await ask('v1/credentials', { method: 'POST', headers: { authorization: 'Bearer guessed-token' } });
  await ask(`turn?service=turn&key=guessed-token`);
  await ask(`nowhere?key=${TOKEN}`);
  await ask('metrics');
  await ask('readyz');
  await bench.close();
  const secrets = [SECRET, ...Object.values(USERS), TOKEN, minted.password, (fresh as { password: string }).password];
  expect(bench.lines.length).toBeGreaterThan(10);
  for (const secret of [...secrets, 'guessed-token', 'guessed-password']) {
    expect(bench.lines.filter(line => line.includes(secret))).toEqual([]);
    expect(said.filter(text => text.includes(secret))).toEqual([]);
  }
});

test('two hundred comings and goings over every transport leave nothing behind', async () => {
  const bench = await start({ limits: { allocationsPerPrefix: 1_000 } });
  const peer = await echoPeer();
  const descriptors = openDescriptors();
  const timers = process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length;
  for (let i = 0; i < 200; i++) {
    const over = TRANSPORTS[i % 3]!;
    const client = await EdgeClient[over](over === 'udp' ? bench.udp : bench.tcp);
    await client.allocate();
    if (i % 2 === 0) await client.bindChannel(0x4000 + i, peer);
    if (over === 'udp' || i % 4 === 0) await client.refresh(0);
    client.close();
  }
  await until(async () => (await bench.metric('sallyport_allocations')) === 0);
  await until(async () => (await bench.metric('sallyport_connections{transport="tls"}')) === 0);
  expect(await bench.metric('sallyport_connections{transport="tcp"}')).toBe(0);
  expect(await bench.metric('sallyport_relay_ports_used')).toBe(0);
  expect(bench.logged('allocation ended')).toHaveLength(200);
  await until(
    () => openDescriptors() <= descriptors,
    3_000,
    () => `${openDescriptors()} instead of ${descriptors}`,
  );
  const timersNow = () => process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length;
  await until(
    () => timersNow() <= timers + 1,
    3_000,
    () => `${timersNow()} timers instead of ${timers}`,
  );
}, 60_000);

/** Files and sockets of this process; 0 where the system does not tell. */
function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
