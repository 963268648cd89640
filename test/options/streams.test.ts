import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import type { Edge } from '../../src/index.ts';
import { formatIp, type TransportAddress } from '../../src/wire/index.ts';
import { Edges, metricOf } from '../testkit/edges.ts';
import { pause } from '../testkit/program.ts';
import { endpoint, overTcp, type TestPath } from '../testkit/turn-client.ts';

const edges = new Edges();
afterEach(() => edges.close());

test('no more TCP connections than configured are open at once, from wherever', async () => {
  const edge = await withTcp({ connections: 1 });
  const first = await opened(edge, '127.1.1.1');
  expect(await isKept(first)).toBe(true);
  expect(await isKept(await opened(edge, '127.2.2.2'))).toBe(false);
  await first.close();
  await pause(50);
  expect(await isKept(await opened(edge, '127.2.2.2'))).toBe(true);
});

test('no more TCP connections than configured are open from one source network; another is not concerned', async () => {
  const edge = await withTcp({ connectionsPerPrefix: 1 });
  expect(await isKept(await opened(edge, '127.1.1.1'))).toBe(true);
  expect(await isKept(await opened(edge, '127.1.1.2'))).toBe(false);
  expect(await isKept(await opened(edge, '127.1.2.1'))).toBe(true);
});

test('no more connections than configured may be silent at once in one source network; another is not concerned', async () => {
  const edge = await withTcp({ handshakesPerPrefix: 1 });
  const silent = await opened(edge, '127.1.1.1');
  expect(await isKept(await opened(edge, '127.1.1.2'))).toBe(false);
  expect(await isKept(await opened(edge, '127.1.2.1'))).toBe(true);
  expect(await isKept(silent)).toBe(true); // it has spoken now
  expect(await isKept(await opened(edge, '127.1.1.2'))).toBe(true);
});

test('a slow reader has the configured room before its datagrams are dropped', async () => {
  expect(await droppedFor(16 * 1024 * 1024)).toBe(0);
  expect(await droppedFor(64 * 1024)).toBeGreaterThan(0);
}, 30_000);

function withTcp(limits: Record<string, number>): Promise<Edge> {
  return edges.start({ external: { udp: [], tcp: 0 }, limits });
}

async function opened(edge: Edge, from: string): Promise<TestPath> {
  const path = await overTcp(edge.ports.tcp[0]!, '127.0.0.1', from);
  await pause(20); // a refused connection is closed right after it was accepted
  return path;
}

/** Whether the edge serves this connection. */
async function isKept(path: TestPath): Promise<boolean> {
  const client = edges.client(path);
  return path.isOpen && client.isAnswered();
}

/** Datagrams dropped for a client that stops reading while its peer sends more than kernels buffer. */
async function droppedFor(streamBuffer: number): Promise<number> {
  const edge = await withTcp({ streamBuffer });
  const path = await overTcp(edge.ports.tcp[0]!);
  const client = edges.client(path);
  const relay = await client.relayed();
  const peer = createSocket('udp4').bind(0, '127.0.0.1');
  await once(peer, 'listening');
  await client.bind(0x4000, endpoint(`127.0.0.1:${peer.address().port}`));
  path.socket.pause();
  await flood(edge, peer, relay);
  peer.close();
  return metricOf(edge, DROPPED);
}

/** 12 MB, each datagram seen by the relay before the next leaves: so only the slow reader can lose any. */
async function flood(edge: Edge, peer: Socket, relay: TransportAddress): Promise<void> {
  const datagram = new Uint8Array(60_000);
  for (let sent = 0; sent < 200; sent++) {
    peer.send(datagram, relay.port, formatIp(relay));
    await pause(1);
  }
  await pause(50);
  const seen = (await metricOf(edge, DELIVERED)) + (await metricOf(edge, DROPPED));
  expect(seen).toBeGreaterThan(190);
}
const DROPPED = 'sallyport_drops_total{reason="stream-slow"}';
const DELIVERED = 'sallyport_relayed_datagrams_total{direction="to-client"}';
