import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Edge } from '../../src/index.ts';
import { METHODS } from '../../src/wire/index.ts';
import { as, Edges } from '../testkit/edges.ts';
import { plain, TcpRelayClient } from '../testkit/tcp-relay-client.ts';
import { endpoint, overUdp } from '../testkit/turn-client.ts';
import { TurnTalker } from '../testkit/turn-talker.ts';

const edges = new Edges();
afterEach(() => edges.close());

test('no more allocations than configured exist at once, whoever asks from wherever', async () => {
  const edge = await edges.start({ limits: { allocations: 1 } });
  const first = await edges.udp(edge, 'alice', '127.1.1.1');
  const second = await edges.udp(edge, 'bob', '127.2.2.2');
  expect((await first.allocate()).summary).toBe('success 600');
  expect((await second.allocate()).summary).toBe('error 486');
  await first.refresh(0);
  expect((await second.allocate()).summary).toBe('success 600');
});

test('a user has no more allocations at once than configured, wherever they are; another user is not concerned', async () => {
  const edge = await edges.start({ limits: { allocationsPerUser: 1 } });
  expect((await (await edges.udp(edge, 'alice', '127.1.1.1')).allocate()).summary).toBe('success 600');
  expect((await (await edges.udp(edge, 'alice', '127.2.2.2')).allocate()).summary).toBe('error 486');
  expect((await (await edges.udp(edge, 'bob', '127.1.1.1')).allocate()).summary).toBe('success 600');
});

test('a source network has no more allocations at once than configured, whoever asks; another is not concerned', async () => {
  const edge = await edges.start({ limits: { allocationsPerPrefix: 1 } });
  expect((await (await edges.udp(edge, 'alice', '127.1.1.1')).allocate()).summary).toBe('success 600');
  expect((await (await edges.udp(edge, 'bob', '127.1.1.200')).allocate()).summary).toBe('error 486');
  expect((await (await edges.udp(edge, 'alice', '127.1.2.1')).allocate()).summary).toBe('success 600');
});

test('an allocation has permissions for no more peers than configured', async () => {
  const edge = await edges.start({ limits: { permissionsPerAllocation: 2 } });
  const client = await edges.udp(edge);
  await client.relayed();
  expect((await client.permit(endpoint('127.0.0.1:1'), endpoint('127.0.0.2:1'))).summary).toBe('success');
  expect((await client.permit(endpoint('127.0.0.3:1'))).summary).toBe('error 508');
  expect((await client.permit(endpoint('127.0.0.2:1'))).summary).toBe('success'); // a refresh
});

test('an allocation has no more channels than configured', async () => {
  const edge = await edges.start({ limits: { channelsPerAllocation: 2 } });
  const client = await edges.udp(edge);
  await client.relayed();
  expect((await client.bind(0x4000, endpoint('127.0.0.1:1'))).summary).toBe('success');
  expect((await client.bind(0x4001, endpoint('127.0.0.1:2'))).summary).toBe('success');
  expect((await client.bind(0x4002, endpoint('127.0.0.1:3'))).summary).toBe('error 508');
  expect((await client.bind(0x4001, endpoint('127.0.0.1:2'))).summary).toBe('success'); // a refresh
});

test('an allocation has no more TCP connections with peers than configured', async () => {
  const edge = await edges.start({ external: { tcp: 0 }, limits: { connectionsPerAllocation: 2 } });
  const client = await TcpRelayClient.over(plain(edge.ports.tcp[0]!));
  const servers = await Promise.all([listening(), listening(), listening()]);
  await client.relayed();
  const codes = [];
  for (const { port } of servers) codes.push((await client.connect(endpoint(`127.0.0.1:${port}`))).code);
  expect(codes).toEqual([undefined, undefined, 508]);
  await client.close();
  for (const { server } of servers) server.close();
});

test('strangers of a source network are answered at the configured rate', async () => {
  const slow = await edges.start({ limits: { answersPerSecond: 1, answersBurst: 1 } });
  const fast = await edges.start({ limits: { answersPerSecond: 1_000_000, answersBurst: 1 } });
  const silent = await edges.start({ limits: { answersPerSecond: 0 } });
  expect(await answersTo(10, slow)).toBeLessThanOrEqual(2); // a second may begin while we wait
  expect(await answersTo(10, fast)).toBe(10);
  expect(await answersTo(10, silent)).toBe(0);
});

test('strangers of a rested source network draw the configured burst at once', async () => {
  const edge = await edges.start({ limits: { answersPerSecond: 1, answersBurst: 7 } });
  expect([7, 8]).toContain(await answersTo(20, edge));
  expect([7, 8]).toContain(await answersTo(20, edge, '127.3.3.3')); // another network has its own
});

test('answers to strangers are as long as the configured factor allows, and no longer', async () => {
  const isAnswered = async (amplification: number) => {
    const edge = await edges.start({ realm: 'r', external: { address: '::1' }, limits: { amplification } });
    return edges.client(await overUdp(edge.ports.udp[0]!, '::1')).isAnswered();
  };
  expect(await isAnswered(2.2)).toBe(true); // 44 bytes to 20
  expect(await isAnswered(2.1)).toBe(false);
});

/** How many of these Binding requests, each sent when the last has been read, are answered. */
async function answersTo(requests: number, edge: Edge, from = '127.0.0.1'): Promise<number> {
  const path = await overUdp(edge.ports.udp[0]!, '127.0.0.1', from);
  edges.client(path);
  let answers = 0;
  path.onMessage = () => answers++;
  const talker = new TurnTalker(as('alice'));
  for (let i = 0; i < requests; i++) {
    path.send(talker.request(METHODS.Binding));
    await new Promise(resolve => setTimeout(resolve, 1)); // a moment, in which a million a second refills
  }
  await new Promise(resolve => setTimeout(resolve, 200));
  return answers;
}

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as { port: number }).port };
}
