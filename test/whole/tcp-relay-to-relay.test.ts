import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatAddress, parseIp, type TransportAddress, withPort } from '../../src/wire/index.ts';
import { EdgeBench } from '../testkit/edge-bench.ts';
import { as, USERS } from '../testkit/edges.ts';
import { MsStreamClient, packetOf } from '../testkit/ms-stream-client.ts';
import { requires } from '../testkit/requires.ts';
import { pause, readUntil, until } from '../testkit/stream-bytes.ts';
import { plain, TcpRelayClient } from '../testkit/tcp-relay-client.ts';
import { NATIVE, WorkersBench } from '../testkit/workers-bench.ts';

/*
 * Clients that may use nothing but TCP relays, all of them on this edge: by RFC 6062, in the Microsoft dialect, and one of each. The edge is
 * behind a NAT that is not there, so whatever went out to it would be lost.
 */

const PUBLIC = parseIp('203.0.113.30')!;
const LOCAL = parseIp('127.0.0.1')!;
const NAMES = [
  ['the address that clients are told', PUBLIC],
  ['its local address', LOCAL],
] as const;
const EXTERNAL = { address: '127.0.0.1', public: '203.0.113.30', udp: 0, tcp: 0, peers: {} };
const MEGABYTE = 1024 * 1024;

beforeEach(context => requires(context, NATIVE));
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function edge(engine: 'dgram' | 'mmsg' = 'mmsg'): Promise<EdgeBench> {
  const external = { ...EXTERNAL, tcp: 0 };
  const credentials = { users: USERS, secrets: ['north-wind'] };
  const bench = await EdgeBench.start({ external, relayPorts: '12000-13999', credentials, engines: [engine] });
  undo.push(() => bench.close());
  return bench;
}

async function standard(tcp: number) {
  const client = await TcpRelayClient.over(plain(tcp), as('alice'));
  undo.push(() => client.close());
  return { client, relayed: await client.relayed() };
}

async function microsoft(tcp: number) {
  const client = await MsStreamClient.open('plain', tcp, 'bob', USERS.bob);
  undo.push(() => client.socket.destroy());
  return { client, relayed: await client.allocated() };
}

const framed = (text: string) => packetOf(text).toString('latin1');

describe.each(['dgram', 'mmsg'] as const)('on the engine %s', engine => {
  test.each(NAMES)('two clients of RFC 6062 meet by %s, without a socket between their relays', async (_, ip) => {
    const bench = await edge(engine);
    const [one, two] = [await standard(bench.tcp), await standard(bench.tcp)];
    const [near, far] = await met(one, two, ip);
    expect(two.client.attempts.map(({ peer }) => formatAddress(peer))).toEqual([formatAddress(one.relayed)]);
    expect(isInKernel(one.relayed.port, two.relayed.port)).toBe(false);
    const [there, back] = [digested(far), digested(near)];
    const bytes = randomBytes(10 * MEGABYTE);
    near.end(bytes);
    await once(far, 'end');
    expect(far.destroyed).toBe(false); // the end of one direction
    far.end(bytes);
    await once(near, 'end');
    expect([there(), back()]).toEqual(Array(2).fill(createHash('sha256').update(bytes).digest('hex')));
  });

  test.each(NAMES)('a client of each dialect meets the other by %s, whoever begins', async (_, ip) => {
    const bench = await edge(engine);
    const [one, two] = [await standard(bench.tcp), await microsoft(bench.tcp)];
    await one.client.permit(withPort(ip, 9));
    two.client.send(withPort(ip, one.relayed.port), 'from the dialect');
    await until(() => one.client.attempts.length === 1);
    expect(formatAddress(one.client.attempts[0]!.peer)).toBe(formatAddress(two.relayed));
    const { socket } = await one.client.bind(one.client.attempts[0]!.id);
    expect((await readUntil(socket.resume(), all => all.length >= 18)).toString('latin1')).toBe(
      framed('from the dialect'),
    );
    socket.write(packetOf('to the dialect'));
    await until(() => two.client.heard.length === 1);
    expect(two.client.heard).toEqual([{ from: formatAddress(one.relayed), frame: framed('to the dialect') }]);

    const three = await standard(bench.tcp);
    const toMicrosoft = await three.client.to(withPort(ip, two.relayed.port));
    toMicrosoft.write(Buffer.concat([packetOf('a'), packetOf('b')]));
    await until(() => two.client.heard.length === 3);
    expect(two.client.heard.slice(1)).toEqual(
      ['a', 'b'].map(text => ({ from: formatAddress(three.relayed), frame: framed(text) })),
    );
  });

  test.each(NAMES)('two clients of the Microsoft dialect meet by %s although both begin at once', async (_, ip) => {
    const bench = await edge(engine);
    const [one, two] = [await microsoft(bench.tcp), await microsoft(bench.tcp)];
    one.client.send(withPort(ip, two.relayed.port), 'one');
    two.client.send(withPort(ip, one.relayed.port), 'two');
    await until(() => one.client.heard.length === 1 && two.client.heard.length === 1);
    expect(one.client.heard).toEqual([{ from: formatAddress(two.relayed), frame: framed('two') }]);
    expect(two.client.heard).toEqual([{ from: formatAddress(one.relayed), frame: framed('one') }]);
    await one.client.ask(one.client.talker.setActive(withPort(ip, two.relayed.port)));
    await two.client.ask(two.client.talker.setActive(withPort(ip, one.relayed.port)));
    one.client.bare(packetOf('bare'));
    await until(() => two.client.heard.length === 2);
    expect(two.client.heard[1]).toEqual({ from: undefined, frame: framed('bare') });
    expect(isInKernel(one.relayed.port, two.relayed.port)).toBe(false);
  });
});

test('the one that is connected to must allow it, too', async () => {
  const bench = await edge();
  const [one, two] = [await standard(bench.tcp), await standard(bench.tcp)];
  expect((await one.client.connect(two.relayed)).code).toBe(447);
  expect(two.client.attempts).toEqual([]);
  expect(await bench.metric('sallyport_refusals_total{reason="peer-without-permission"}')).toBe(1);
});

test('no port of ours is connected to but a TCP relay’s', async () => {
  const bench = await edge();
  let came = 0;
  const other = createServer(() => came++).listen(13_998, '127.0.0.1');
  undo.push(() => other.close());
  await once(other, 'listening');
  const { client } = await standard(bench.tcp);
  const { client: dialect } = await microsoft(bench.tcp);
  for (const ip of [PUBLIC, LOCAL]) {
    expect((await client.connect(withPort(ip, bench.tcp))).code).toBe(403);
    expect((await client.connect(withPort(ip, 22))).code).toBe(403);
    expect((await client.connect(withPort(ip, 13_998))).code).toBe(447);
    dialect.send(withPort(ip, 13_998), 'x');
  }
  await until(async () => (await bench.dropped('no-relay')) === 2);
  expect(came).toBe(0);
});

test('from no port of ours does anybody come but from a TCP relay’s', async () => {
  const bench = await edge();
  const [one, two] = [await standard(bench.tcp), await microsoft(bench.tcp)];
  await one.client.permit(two.relayed);
  two.client.send(one.relayed, 'lets our address in');
  await until(() => one.client.attempts.length === 1);
  for (const { relayed } of [one, two]) {
    const caller = connect({ host: '127.0.0.1', port: relayed.port, localAddress: '127.0.0.1' });
    caller.on('error', () => {}).write(packetOf('let me in'));
    await until(() => caller.closed);
  }
  expect([one.client.attempts.length, two.client.heard.length]).toEqual([1, 0]);
  expect(await bench.dropped('no-permission-in')).toBe(2);
});

test('with one client’s allocation goes the other’s connection', async () => {
  const bench = await edge();
  const [one, two] = [await standard(bench.tcp), await standard(bench.tcp)];
  const [, far] = await met(one, two, PUBLIC);
  far.resume();
  await one.client.refresh(0);
  await until(() => far.readableEnded || far.destroyed);
  expect((await one.client.connect(two.relayed)).code).toBe(437);
});

test('who does not read stops who writes, in the Microsoft dialect, and nothing is lost', async () => {
  const bench = await edge();
  const [one, two] = [await microsoft(bench.tcp), await microsoft(bench.tcp)];
  two.client.send(one.relayed, 'lets it in');
  one.client.send(two.relayed, 'hello');
  await until(() => two.client.heard.length === 1);
  await one.client.ask(one.client.talker.setActive(two.relayed));
  two.client.socket.pause();
  const count = 20 * 1024;
  let isWritten = false;
  void (async () => {
    for (let i = 0; i < count; i++) {
      one.client.bare(packetOf(`${i}`.padEnd(1_000, '.')));
      if (one.client.socket.writableNeedDrain) await once(one.client.socket, 'drain');
    }
    isWritten = true;
  })();
  await pause(500);
  expect(isWritten).toBe(false);
  expect(one.client.socket.bytesWritten).toBeLessThan(15 * MEGABYTE);
  two.client.socket.resume();
  await until(() => two.client.heard.length === 1 + count, 20_000);
  expect(two.client.heard.slice(1).every(({ frame }, i) => frame.startsWith(`${i}.`, 2))).toBe(true);
});

describe('with two workers', () => {
  test.each(NAMES)('relays of different workers meet through the machine by %s, in both dialects', async (_, ip) => {
    const bench = await WorkersBench.start({ external: EXTERNAL, credentials: { users: USERS } });
    undo.push(() => bench.close());
    const one = await on(bench, 1, standard);
    const two = await on(bench, 2, standard);
    const [near, far] = await met(one, two, ip);
    expect(two.client.attempts.map(({ peer }) => formatAddress(peer))).toEqual([formatAddress(one.relayed)]);
    expect(isInKernel(one.relayed.port, two.relayed.port)).toBe(true);
    near.end('over');
    expect((await readUntil(far.resume(), all => all.length === 4)).toString()).toBe('over');

    const three = await on(bench, 1, microsoft);
    const four = await on(bench, 2, microsoft);
    three.client.send(withPort(ip, four.relayed.port), 'three');
    four.client.send(withPort(ip, three.relayed.port), 'four');
    await until(() => three.client.heard.length === 1 && four.client.heard.length === 1);
    expect(three.client.heard).toEqual([{ from: formatAddress(four.relayed), frame: framed('four') }]);
    expect(four.client.heard).toEqual([{ from: formatAddress(three.relayed), frame: framed('three') }]);
  });
});

type Standard = Awaited<ReturnType<typeof standard>>;

/** One connects to the relay of the other, called by this address; both ends. */
async function met(one: Standard, two: Standard, ip: typeof PUBLIC): Promise<[Socket, Socket]> {
  await two.client.permit(withPort(ip, one.relayed.port));
  const near = await one.client.to(withPort(ip, two.relayed.port));
  await until(() => two.client.attempts.length === 1);
  const { reply, socket } = await two.client.bind(two.client.attempts[0]!.id);
  expect(reply.summary).toBe('success');
  return [near, socket];
}

/** A client with a relay on this worker: the kernel chooses, so others are tried. */
async function on<C extends { readonly relayed: TransportAddress }>(
  bench: WorkersBench,
  worker: number,
  open: (tcp: number) => Promise<C>,
): Promise<C> {
  for (let tries = 0; tries < 64; tries++) {
    const client = await open(bench.tcp);
    if (bench.workerOf(client.relayed) === worker) return client;
  }
  throw new Error(`no client came to worker ${worker}`);
}

function digested(socket: Socket): () => string {
  const hash = createHash('sha256');
  socket.on('data', chunk => hash.update(chunk)).resume();
  return () => hash.digest('hex');
}

/** Whether the kernel knows of a connection between these two ports. */
function isInKernel(port: number, other: number): boolean {
  const hex = (n: number) => n.toString(16).toUpperCase().padStart(4, '0');
  const both = new RegExp(`:${hex(port)} \\w+:${hex(other)} `);
  return both.test(readFileSync('/proc/net/tcp', 'utf8'));
}
