import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ATTRIBUTES,
  type Channel,
  formatAddress,
  METHODS,
  MS_ATTRIBUTES,
  type TransportAddress,
} from '../../src/wire/index.ts';
import { EdgeBench } from '../testkit/edge-bench.ts';
import { as, USERS } from '../testkit/edges.ts';
import { freePortPair, freeTcpPort } from '../testkit/free-ports.ts';
import { MsReply, MsTalker } from '../testkit/ms-talker.ts';
import { requires } from '../testkit/requires.ts';
import { until } from '../testkit/stream-bytes.ts';
import { endpoint, overTcp, overUdp, type TestPath, TurnTestClient } from '../testkit/turn-client.ts';
import { NATIVE, WorkersBench } from '../testkit/workers-bench.ts';

/* An edge between two networks of loopback: 127.45.16.10 is known outside as 203.0.113.30, and 127.1.0.0/16 is the enterprise. */

const OUTSIDE = '127.45.16.10';
const PUBLIC = '203.0.113.30';
const INSIDE = '127.1.0.10';
const DESK = '127.1.0.77';
const HOME = '127.99.0.1';
const CHANNEL = 0x4001 as Channel;
const A = MS_ATTRIBUTES;

const SIDES = {
  external: { address: OUTSIDE, public: PUBLIC, udp: 0, tcp: 0, peers: { allow: ['127.0.0.0/8'] } },
  internal: { address: INSIDE, udp: 0, tcp: 0, networks: ['127.1.0.0/16'] },
  relayPorts: '14000-14999',
  credentials: { users: USERS, secrets: ['north-wind'] },
};

let bench: EdgeBench;
const undo: (() => unknown)[] = [];
beforeEach(async () => {
  bench = await EdgeBench.start(SIDES);
  undo.push(() => bench.close());
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

test('clients of both sides are relayed at the public address, and those inside are told where they are inside', async () => {
  const [home, desk] = [await atHome(), await atDesk()];
  expect([ipOf(home.relayed), ipOf(desk.relayed)]).toEqual([PUBLIC, PUBLIC]);
  const reply = await desk.client.exchange(desk.client.talker.request(METHODS.Binding));
  expect(ipOf(endpoint(reply.addresses(ATTRIBUTES.XorMappedAddress)[0]!))).toBe(DESK);
});

test('a call between a home and a desk goes from relay to relay, over any transport', async () => {
  for (const transport of ['udp', 'tcp'] as const) {
    const [home, desk] = [await atHome(transport), await atDesk(transport)];
    await home.client.bind(CHANNEL, desk.relayed);
    await desk.client.bind(CHANNEL, home.relayed);
    home.client.sendOn(CHANNEL, Buffer.from('hello inside'));
    desk.client.sendOn(CHANNEL, Buffer.from('hello outside'));
    await until(() => home.client.arrived.length + desk.client.arrived.length === 2);
    expect([home, desk].map(({ client }) => String(client.arrived[0]!.payload))).toEqual([
      'hello outside',
      'hello inside',
    ]);
  }
});

test('neither side relays into the enterprise, which is no peer even where the operator allows it', async () => {
  for (const { client } of [await atHome(), await atDesk()]) {
    for (const peer of [`${DESK}:4000`, `${INSIDE}:${bench.edge.ports.internal.udp[0]}`, '127.1.255.255:9']) {
      expect((await client.permit(endpoint(peer))).summary).toBe('error 403');
      expect((await client.bind(CHANNEL, endpoint(peer))).summary).toBe('error 403');
    }
    expect((await client.permit(endpoint('127.2.0.1:4000'))).summary).toBe('success');
  }
  const denied = bench.logged('refused').filter(line => line.refusal === 'peer-denied');
  expect(new Set(denied.map(line => line.rule))).toEqual(
    new Set(['internal.networks 127.1.0.0/16', `internal.networks ${INSIDE}/32`, 'own endpoint']),
  );
});

test('a relay token is good on the side it was minted for', async () => {
  const { edge } = bench;
  for (const side of ['external', 'internal'] as const) {
    const { username, password } = edge.mintRelayToken('alice', 60, side);
    const talk = (to: string, port: number, from: string) =>
      msAllocate(to, port, from, Buffer.from(username, 'base64'), Buffer.from(password, 'base64'));
    const outside = await talk(OUTSIDE, edge.ports.udp[0]!, HOME);
    const inside = await talk(INSIDE, edge.ports.internal.udp[0]!, DESK);
    expect([outside.code, inside.code]).toEqual(side === 'external' ? [undefined, 436] : [436, undefined]);
    const granted = side === 'external' ? outside : inside;
    expect(granted.address(A.MappedAddress)).toMatch(new RegExp(`^${PUBLIC}:14\\d{3}$`));
  }
  expect(await bench.metric('sallyport_refusals_total{reason="wrong-side"}')).toBe(2);
});

test('clients are sent to the addresses of their own side', () => {
  const { edge } = bench;
  const { udp, tcp, internal } = edge.ports;
  const minted = edge.mint('alice');
  const urls = (side?: 'external' | 'internal') => edge.iceServers(minted, side).flatMap(server => server.urls);
  expect(urls()).toEqual([
    `stun:${PUBLIC}:${udp[0]}`,
    `turn:${PUBLIC}:${udp[0]}?transport=udp`,
    `turn:${PUBLIC}:${tcp[0]}?transport=tcp`,
    `turns:${PUBLIC}:${tcp[0]}?transport=tcp`,
  ]);
  expect(urls('internal')[1]).toBe(`turn:${INSIDE}:${internal.udp[0]}?transport=udp`);
  expect(edge.turnRest(minted, 'internal').uris).toHaveLength(3);
  expect(edge.mediaRelays('internal')).toEqual([{ host: INSIDE, udpPort: internal.udp[0] }]);
});

test('the self-test goes in by every listener of both sides', async () => {
  const { ready, checks } = await bench.edge.readiness();
  expect(ready).toBe(true);
  expect(Object.keys(checks).filter(way => way.includes(INSIDE))).toHaveLength(2);
});

test('the log tells the side of an allocation', async () => {
  const [home, desk] = [await atHome(), await atDesk()];
  await home.client.refresh(0);
  await desk.client.refresh(0);
  expect(bench.logged('allocation ended').map(line => line.side)).toEqual(['external', 'internal']);
});

test('the internal side has ports of its own, and only on its own address', async () => {
  const udp = await freePortPair(INSIDE);
  const tcp = await freeTcpPort();
  const other = await EdgeBench.start({ ...SIDES, internal: { ...SIDES.internal, udp, tcp } });
  undo.push(() => other.close());
  expect(other.edge.ports.internal).toEqual({ udp: [udp], tcp: [tcp] });
  expect(await isAnswered(await overUdp(udp, INSIDE, DESK))).toBe(true);
  expect(await isAnswered(await overTcp(tcp, INSIDE, DESK))).toBe(true);
  await expect(overTcp(tcp, OUTSIDE, HOME)).rejects.toThrow('ECONNREFUSED');
});

test('what the configuration check doubts, the log says at start', async () => {
  expect(bench.logged(`${INSIDE} is in none of internal.networks`)).toEqual([]);
  const other = await EdgeBench.start({ ...SIDES, internal: { ...SIDES.internal, networks: ['127.2.0.0/16'] } });
  undo.push(() => other.close());
  expect(other.logged(`${INSIDE} is in none of internal.networks`)).toMatchObject([{ option: 'internal.address[0]' }]);
});

test('with workers both sides are served by each, and relay tokens are minted for either', async context => {
  requires(context, NATIVE);
  const workers = await WorkersBench.start({ ...SIDES, relayPorts: '12000-13999' });
  undo.push(() => workers.close());
  expect(await (await workers.get('/readyz')).json()).toMatchObject({ ready: true });
  const started = workers.logged('started').find(line => line.admin !== undefined)!;
  const [inside] = (started.udp as string[]).filter(address => address.startsWith(INSIDE));
  const client = new TurnTestClient(await overUdp(endpoint(inside!).port, INSIDE, DESK), as('alice'));
  undo.push(() => client.close());
  expect(ipOf(await client.relayed())).toBe(PUBLIC);
  expect((await client.permit(endpoint(`${DESK}:4000`))).summary).toBe('error 403');
});

async function atHome(transport: 'udp' | 'tcp' = 'udp') {
  const { udp, tcp } = bench.edge.ports;
  return client(transport === 'udp' ? await overUdp(udp[0]!, OUTSIDE, HOME) : await overTcp(tcp[0]!, OUTSIDE, HOME));
}

async function atDesk(transport: 'udp' | 'tcp' = 'udp') {
  const { udp, tcp } = bench.edge.ports.internal;
  return client(transport === 'udp' ? await overUdp(udp[0]!, INSIDE, DESK) : await overTcp(tcp[0]!, INSIDE, DESK));
}

async function client(path: TestPath) {
  const one = new TurnTestClient(path, as('alice'));
  undo.push(() => one.close());
  return { client: one, relayed: await one.relayed() };
}

async function isAnswered(path: TestPath): Promise<boolean> {
  const one = new TurnTestClient(path, as('alice'));
  undo.push(() => one.close());
  return one.isAnswered();
}

async function msAllocate(to: string, port: number, from: string, username: Uint8Array, password: Uint8Array) {
  const path = await overUdp(port, to, from);
  undo.push(() => path.close());
  const talker = new MsTalker(username, password);
  const got: Uint8Array[] = [];
  path.onMessage = bytes => got.push(bytes.slice());
  for (const _ of ['challenge', 'answer']) {
    path.send(talker.allocate());
    await until(() => got.length > 0);
    const reply = talker.learn(new MsReply(got.shift()!));
    if (_ === 'answer') return reply;
  }
  throw new Error('unreachable');
}

function ipOf(address: TransportAddress): string {
  return formatAddress(address).split(':')[0]!;
}
