import { performance } from 'node:perf_hooks';
import { afterEach, expect, test, vi } from 'vitest';
import { METHODS } from '../../src/wire/index.ts';
import { Edges } from '../testkit/edges.ts';
import { MsStreamClient } from '../testkit/ms-stream-client.ts';

const edges = new Edges();
afterEach(async () => {
  vi.restoreAllMocks();
  await edges.close();
});

test('an allocation that asks for no lifetime gets the configured one, and none gets less', async () => {
  const edge = await edges.start({ lifetimes: { allocation: '15m' } });
  expect((await (await edges.udp(edge)).allocate()).summary).toBe('success 900');
  expect((await (await edges.udp(edge)).allocate({ lifetimeSeconds: 30 })).summary).toBe('success 900');
});

test('no client is granted more than the longest configured lifetime at once', async () => {
  const edge = await edges.start({ lifetimes: { most: '20m' } });
  const client = await edges.udp(edge);
  expect((await client.allocate({ lifetimeSeconds: 7200 })).summary).toBe('success 1200');
  expect((await client.refresh(7200)).summary).toBe('success 1200');
});

test('an allocation ends when its configured lifetime is over', async () => {
  const edge = await edges.start({ lifetimes: { allocation: '1s', most: '1s' } });
  const client = await edges.udp(edge);
  await client.relayed();
  expect((await client.refresh(1)).summary).toBe('success 1');
  await vi.waitUntil(async () => (await client.refresh(1)).code === 437, { timeout: 5_000, interval: 1_500 });
});

test('an allocation of the Microsoft dialect over TCP ends when it has carried nothing for the configured time', async () => {
  const edge = await edges.start({ external: { tcp: 0 }, lifetimes: { idle: '1s' } });
  const client = await MsStreamClient.open('plain', edge.ports.tcp[0]!);
  await client.allocated();
  const allocations = async () => (await edge.metrics()).match(/^sallyport_allocations (\d+)$/m)?.[1];
  expect(await allocations()).toBe('1');
  await vi.waitUntil(async () => (await allocations()) === '0', { timeout: 5_000, interval: 200 });
  client.socket.destroy();
});

test('a nonce older than the configured lifetime is stale', async () => {
  const edge = await edges.start({ lifetimes: { nonce: '2m' } });
  const client = await edges.udp(edge);
  await client.relayed();
  const codeNow = async () => (await client.exchange(client.talker.request(METHODS.Refresh))).code;
  letPass(60);
  expect(await codeNow()).toBe(undefined);
  letPass(180);
  expect(await codeNow()).toBe(438);
  expect((await client.refresh(600)).summary).toBe('success 600');
});

const now = performance.now.bind(performance);

/** The edge's clock is this much ahead from now on; its timers, which live on the machine's, find out later. */
function letPass(seconds: number): void {
  vi.spyOn(performance, 'now').mockImplementation(() => now() + seconds * 1000);
}
