import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Channel,
  formatAddress,
  MS_ATTRIBUTES,
  parseIp,
  type TransportAddress,
  withPort,
} from '../../src/wire/index.ts';
import { EdgeBench } from '../testkit/edge-bench.ts';
import { as, USERS } from '../testkit/edges.ts';
import { MsReply, MsTalker } from '../testkit/ms-talker.ts';
import { requires } from '../testkit/requires.ts';
import { until } from '../testkit/stream-bytes.ts';
import { overTcp, overUdp, type TestPath, TurnTestClient } from '../testkit/turn-client.ts';
import { NATIVE, WorkersBench } from '../testkit/workers-bench.ts';

/*
 * Two clients that may use nothing but their relays, and both relays are on this edge: by default nobody else is a peer here, since the
 * edge's address is on loopback.
 */

const PUBLIC = '203.0.113.30';
const CHANNEL = 0x4001 as Channel;
const A = MS_ATTRIBUTES;

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe.each(['dgram', 'mmsg'] as const)('on the engine %s', engine => {
  beforeEach(context => (engine === 'mmsg' ? requires(context, NATIVE) : undefined));

  test('clients are told the public address, and by it their relays meet within the edge', async () => {
    const bench = await edge(engine);
    const [one, two] = [await client(bench, 'udp'), await client(bench, 'tcp')];
    expect([ipOf(one.relayed), ipOf(two.relayed)]).toEqual([PUBLIC, PUBLIC]);
    await one.client.bind(CHANNEL, two.relayed);
    await two.client.permit(one.relayed);
    one.client.sendOn(CHANNEL, Buffer.from('by channel'));
    one.client.indicate(two.relayed, Buffer.from('by indication'));
    await arrived(two.client, 2);
    expect(two.client.arrived.map(({ payload }) => text(payload))).toEqual(['by channel', 'by indication']);
    expect(two.client.arrived.map(({ from }) => nameOf(from))).toEqual([
      formatAddress(one.relayed),
      formatAddress(one.relayed),
    ]);
    two.client.indicate(one.relayed, Buffer.from('back'));
    await arrived(one.client, 1);
    expect(one.client.arrived[0]).toMatchObject({ from: CHANNEL });
    expect(await bench.metric('sallyport_relayed_across_datagrams_total')).toBe(3);
    expect(await bench.metric('sallyport_drops_total{reason="no-permission-in"}')).toBe(0);
  });

  test('a relay that is named by its local address is the same peer, seen under its one name', async () => {
    const bench = await edge(engine);
    const [one, two] = [await client(bench), await client(bench)];
    const local = withPort(parseIp('127.0.0.1')!, two.relayed.port);
    expect((await one.client.bind(CHANNEL, local)).summary).toBe('success');
    expect((await one.client.bind(CHANNEL, two.relayed)).summary).toBe('success'); // the same: no other channel's peer
    await two.client.permit(withPort(parseIp('127.0.0.1')!, one.relayed.port));
    one.client.sendOn(CHANNEL, Buffer.from('there'));
    await arrived(two.client, 1);
    expect(nameOf(two.client.arrived[0]!.from)).toBe(formatAddress(one.relayed));
    two.client.indicate(one.relayed, Buffer.from('back'));
    await arrived(one.client, 1);
    expect(one.client.arrived[0]).toMatchObject({ from: CHANNEL });
  });

  test('a client of each dialect', async () => {
    const bench = await edge(engine);
    const [one, two] = [await client(bench), await msClient(bench)];
    await one.client.permit(two.relayed);
    two.path.send(two.talker.send(one.relayed, 'from the dialect'));
    await arrived(one.client, 1);
    expect(nameOf(one.client.arrived[0]!.from)).toBe(formatAddress(two.relayed));
    one.client.indicate(two.relayed, Buffer.from('to the dialect'));
    await until(() => two.got.length === 1);
    const indication = new MsReply(two.got.shift()!);
    expect([indication.text(A.Data), indication.address(A.RemoteAddress)]).toEqual([
      'to the dialect',
      formatAddress(one.relayed),
    ]);
    two.path.send(two.talker.setActive(withPort(parseIp('127.0.0.1')!, one.relayed.port)));
    await until(() => two.got.length === 1);
    two.path.send(Buffer.from('bare'));
    one.client.indicate(two.relayed, Buffer.from('bare as well'));
    await arrived(one.client, 2);
    await until(() => two.got.length === 2);
    expect([text(one.client.arrived[1]!.payload), text(two.got[1]!)]).toEqual(['bare', 'bare as well']);
  });

  test('the one that is sent to must allow it too', async () => {
    const bench = await edge(engine);
    const [one, two] = [await client(bench), await client(bench)];
    await one.client.permit(two.relayed);
    one.client.indicate(two.relayed, Buffer.from('uninvited'));
    await until(async () => (await bench.dropped('no-permission-in')) === 1);
    expect(two.client.arrived).toEqual([]);
  });

  test('where the edge listens is no peer by either address, nor is any other port of ours', async () => {
    const bench = await edge(engine);
    const { client: one } = await client(bench);
    for (const ip of [PUBLIC, '127.0.0.1']) {
      for (const port of [bench.udp, bench.tcp, 22, 53]) {
        const there = withPort(parseIp(ip)!, port);
        expect((await one.permit(there)).summary).toBe('success'); // an address, for its relays
        expect((await one.bind(CHANNEL, there)).summary, `${ip}:${port}`).toBe('error 403');
        one.indicate(there, Buffer.from('x'));
      }
    }
    await until(async () => (await bench.dropped('no-relay')) === 4);
    expect(await bench.metric('sallyport_refusals_total{reason="send-to-own-endpoint"}')).toBe(4);
    expect(await bench.metric('sallyport_relayed_datagrams_total{direction="to-peer"}')).toBe(0);
  });

  test('the edge behind a NAT still finds its own data path ready, and logs what clients were told', async () => {
    const bench = await edge(engine);
    expect(await bench.edge.readiness()).toMatchObject({ ready: true });
    const { client: one, relayed } = await client(bench);
    await one.refresh(0);
    expect(bench.logged('allocation ended')).toMatchObject([{ relays: [formatAddress(relayed)] }]);
    const { urls } = bench.edge.iceServers(bench.edge.mint('alice')).at(-1)!;
    expect(urls[0]).toBe(`turn:${PUBLIC}:${bench.udp}?transport=udp`);
    expect(bench.edge.mediaRelays()).toEqual([{ host: PUBLIC, udpPort: bench.udp }]);
  });
});

describe('with two workers', () => {
  beforeEach(context => requires(context, NATIVE));

  test('relays of different workers meet through the machine, by the public address', async () => {
    const external = { address: '127.0.0.1', public: PUBLIC, udp: 0, tcp: 0 };
    const bench = await WorkersBench.start({ external });
    undo.push(() => bench.close());
    const [one, two] = [await bench.on(1), await bench.on(2, 'tcp')];
    expect(ipOf(one.relayed)).toBe(PUBLIC);
    await one.client.bind(CHANNEL, two.relayed);
    await two.client.permit(one.relayed);
    one.client.sendOn(CHANNEL, Buffer.from('to the other worker'));
    await arrived(two.client, 1);
    expect(nameOf(two.client.arrived[0]!.from)).toBe(formatAddress(one.relayed));
    two.client.indicate(one.relayed, Buffer.from('and back'));
    await arrived(one.client, 1);
    expect(one.client.arrived[0]).toMatchObject({ from: CHANNEL });
    expect(await bench.metric('sallyport_relayed_across_datagrams_total')).toBe(0);
    expect((await (await bench.get('/readyz')).json()) as object).toMatchObject({ ready: true });
  });
});

async function edge(engine: 'dgram' | 'mmsg'): Promise<EdgeBench> {
  const bench = await EdgeBench.start({
    external: { address: '127.0.0.1', public: PUBLIC, peers: {} },
    relayPorts: '12000-13999',
    credentials: { users: USERS, secrets: ['north-wind'] },
    engines: [engine],
  });
  undo.push(() => bench.close());
  return bench;
}

async function client(bench: EdgeBench, transport: 'udp' | 'tcp' = 'udp') {
  const path = await (transport === 'udp' ? overUdp(bench.udp) : overTcp(bench.tcp));
  const one = new TurnTestClient(path, as('alice'));
  undo.push(() => one.close());
  return { client: one, relayed: await one.relayed() };
}

async function msClient(bench: EdgeBench) {
  const path = await overUdp(bench.udp);
  undo.push(() => path.close());
  const talker = new MsTalker('alice', USERS.alice);
  const got: Uint8Array[] = [];
  path.onMessage = bytes => got.push(bytes.slice());
  talker.learn(await exchange(path, got, talker.allocate()));
  const allocated = talker.learn(await exchange(path, got, talker.allocate()));
  const [ip = '', port] = allocated.address(A.MappedAddress)!.split(':');
  return { path, talker, got, relayed: withPort(parseIp(ip)!, Number(port)) };
}

async function exchange(path: TestPath, got: Uint8Array[], request: Uint8Array): Promise<MsReply> {
  path.send(request);
  await until(() => got.length > 0);
  return new MsReply(got.shift()!);
}

async function arrived({ arrived }: TurnTestClient, count: number): Promise<void> {
  await until(() => arrived.length >= count);
}

function nameOf(from: TransportAddress | Channel): string {
  return typeof from === 'number' ? `channel ${from}` : formatAddress(from);
}

function ipOf(address: TransportAddress): string {
  return formatAddress(address).split(':')[0]!;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
