import { expect, test } from 'vitest';
import { addUp, textOfAll } from './figures.ts';
import { Metrics } from './metrics.ts';

test('the figures of several processes are one text: counts added, and what is no count as the metric says', async () => {
  const [one, two] = [metricsOf(3, 5_000), metricsOf(4, 9_000)];
  one.refused('malformed');
  two.refused('malformed');
  two.allocationEnded({ reason: 'expired', transport: 'udp', startedAt: 0, endedAt: 5_000 });
  const text = await textOfAll([await one.figures(), await two.figures()]);
  expect(text).toContain('sallyport_allocations 7\n');
  expect(text).toContain('sallyport_refusals_total{reason="malformed"} 2\n');
  expect(text).toContain('sallyport_allocation_seconds_bucket{le="10"} 1\n');
  expect(text).toContain('sallyport_certificate_expiry_timestamp_seconds 5\n');
  expect(text).toMatch(/sallyport_build_info\{.*\} 1\n/);
  expect(text.match(/^# TYPE/gm)).toHaveLength((await one.text()).match(/^# TYPE/gm)!.length);
});

test('of processes that have ended the counts stay, added up, and the rest goes', async () => {
  const [one, two] = [metricsOf(3, 5_000), metricsOf(3, 5_000)];
  for (const ended of [one, two, two]) ended.refused('malformed');
  for (const ended of [one, two])
    ended.allocationEnded({ reason: 'expired', transport: 'udp', startedAt: 0, endedAt: 5_000 });
  const past = addUp(addUp([], await one.figures()), await two.figures());
  const text = await textOfAll([past]);
  expect(text).toContain('sallyport_refusals_total{reason="malformed"} 3\n');
  expect(text).toContain('sallyport_allocation_seconds_bucket{le="10"} 2\n');
  expect(text).toContain('sallyport_allocation_seconds_count 2\n');
  expect(text).not.toContain('sallyport_allocations ');
  expect(past.map(({ values }) => values.length)).toEqual(addUp([], await one.figures()).map(f => f.values.length));
});

function metricsOf(allocations: number, certificateExpiresAt: number): Metrics {
  const none = { datagrams: 0, bytes: 0 };
  const traffic = {
    drops: {},
    receivedDatagrams: 0,
    relayedToPeers: none,
    relayedToClients: none,
    relayedAcross: none,
  };
  return new Metrics({
    version: '0',
    nodeVersion: 'v24',
    engine: 'mmsg',
    traffic: () => traffic as never,
    allocations: () => allocations,
    connections: () => ({ tcp: 0, tls: 0 }),
    relayPorts: () => ({ used: 0, size: 0 }),
    certificateExpiresAt: () => certificateExpiresAt,
    workers: () => ({ serving: 0, restarts: 0 }),
    process: () => ({ residentBytes: 1, heapUsedBytes: 1, cpuUserSeconds: 1, cpuSystemSeconds: 2, startedAt: 0 }),
  });
}
