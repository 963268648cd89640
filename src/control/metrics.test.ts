import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DROP_REASONS, type DropReason } from '../dataplane/index.ts';
import { REFUSALS, type Refusal } from '../turn/index.ts';
import { type MetricSources, Metrics } from './metrics.ts';

test('what the sources say is read when the metrics are asked for', async () => {
  const figures = { datagrams: 1, allocations: 2, used: 3 };
  const metrics = new Metrics({
    ...sources,
    traffic: () => ({ ...traffic, relayedToPeers: { datagrams: figures.datagrams, bytes: 10 * figures.datagrams } }),
    allocations: () => figures.allocations,
    relayPorts: () => ({ used: figures.used, size: 100 }),
  });
  await metrics.text();
  Object.assign(figures, { datagrams: 7, allocations: 1, used: 2 });
  const lines = (await metrics.text()).split('\n');
  expect(lines).toContain('sallyport_relayed_datagrams_total{direction="to-peer"} 7');
  expect(lines).toContain('sallyport_relayed_bytes_total{direction="to-peer"} 70');
  expect(lines).toContain('sallyport_allocations 1');
  expect(lines).toContain('sallyport_relay_ports_used 2');
  expect(lines).toContain('sallyport_relay_ports_size 100');
  expect(lines).toContain('process_cpu_seconds_total 3');
  expect(lines).toContain('sallyport_build_info{version="0.1.0",node="v24",engine="dgram"} 1');
});

test('every refusal and drop reason is there from the start, at 0', async () => {
  const text = await new Metrics(sources).text();
  for (const reason of Object.keys(REFUSALS)) expect(text).toContain(`sallyport_refusals_total{reason="${reason}"} 0`);
  for (const reason of DROP_REASONS) expect(text).toContain(`sallyport_drops_total{reason="${reason}"} 0`);
});

test('refusals, connections refused and ended allocations are counted by name', async () => {
  const metrics = new Metrics(sources);
  metrics.refused('peer-denied');
  metrics.refused('peer-denied');
  metrics.connectionEnded('prefix-handshakes');
  metrics.adminRefused('wrong-token');
  metrics.minted();
  metrics.allocationEnded({ reason: 'expired', transport: 'tls', startedAt: 0, endedAt: 30_000 });
  const lines = (await metrics.text()).split('\n');
  expect(lines).toContain('sallyport_refusals_total{reason="peer-denied"} 2');
  expect(lines).toContain('sallyport_connections_ended_total{reason="prefix-handshakes"} 1');
  expect(lines).toContain('sallyport_admin_refusals_total{reason="wrong-token"} 1');
  expect(lines).toContain('sallyport_credentials_minted_total 1');
  expect(lines).toContain('sallyport_allocations_ended_total{reason="expired",transport="tls"} 1');
  expect(lines).toContain('sallyport_allocation_seconds_bucket{le="60"} 1');
  expect(lines).toContain('sallyport_allocation_seconds_bucket{le="10"} 0');
});

test('the expiry of a certificate is absent without a certificate, and in seconds with one', async () => {
  expect(await new Metrics(sources).text()).not.toMatch(/^sallyport_certificate_expiry_timestamp_seconds /m);
  const text = await new Metrics({ ...sources, certificateExpiresAt: () => 1_800_000_000_000 }).text();
  expect(text).toMatch(/^sallyport_certificate_expiry_timestamp_seconds 1800000000$/m);
});

test('two edges in one process keep their numbers apart', async () => {
  const [one, other] = [new Metrics(sources), new Metrics(sources)];
  one.refused('malformed');
  expect(await one.text()).toContain('sallyport_refusals_total{reason="malformed"} 1');
  expect(await other.text()).toContain('sallyport_refusals_total{reason="malformed"} 0');
});

test('whatever strangers call themselves, the number of series stays the same and no name is shown', async () => {
  const metrics = new Metrics(sources);
  const series = (await metrics.text()).split('\n').length;
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 8, maxLength: 40 }), async name => {
      const user = `who-${name}`;
      const record = { user, reason: 'expired', transport: 'udp', startedAt: 0, endedAt: 1 } as const;
      metrics.allocationEnded(record);
      expect(() => metrics.refused(user as Refusal)).toThrow(RangeError);
      const text = await metrics.text();
      expect(text).not.toContain('who-');
      expect(text.split('\n').length).toBe(series);
    }),
    { numRuns: 50 },
  );
});

const drops = Object.fromEntries(DROP_REASONS.map(reason => [reason, 0])) as Record<DropReason, number>;
const none = { datagrams: 0, bytes: 0 };
const traffic = { drops, receivedDatagrams: 0, relayedToPeers: none, relayedToClients: none, relayedAcross: none };

const sources: MetricSources = {
  version: '0.1.0',
  nodeVersion: 'v24',
  engine: 'dgram',
  traffic: () => traffic,
  allocations: () => 0,
  connections: () => ({ tcp: 0, tls: 0 }),
  relayPorts: () => ({ used: 0, size: 0 }),
  certificateExpiresAt: () => undefined,
  workers: () => ({ serving: 1, restarts: 0 }),
  process: () => ({ residentBytes: 1, heapUsedBytes: 1, cpuUserSeconds: 1, cpuSystemSeconds: 2, startedAt: 0 }),
};
