import { expect, test } from 'vitest';
import type { LoadReport } from '../load/index.ts';
import { loadTable } from './load-table.ts';

const quantiles = { p50: 120, p90: 200, p99: 999.6, p999: 12_345, most: 20_000 };
const report: LoadReport = {
  clients: 1000,
  transport: 'udp',
  setup: {
    ready: 998,
    failed: 2,
    failures: { 'Allocate was answered 486': 2 },
    seconds: 0.5,
    rssBytesPerAllocation: 2048,
  },
  seconds: 2,
  traffic: {
    sent: 123_456,
    received: 123_333,
    lost: 123,
    lossShare: 123 / 123_456,
    outOfOrder: 0,
    receivedPerSecond: 61_666.5,
    payloadBitsPerSecond: 84_853_104,
    delayMicros: quantiles,
    jitterMicros: 15.4,
  },
  server: { cpuShare: 0.5, rssBytes: 64 * 1024 * 1024, relayed: 246_666, cpuNanosPerDatagram: 4054, payloadBytesPerCpuSecond: 42e6 }, // biome-ignore format: one line
  generator: {
    sockets: 'native',
    cpuShare: 0.61,
    cpuNanosPerDatagram: 4500,
    skipped: 0,
    refused: 0,
    warnings: ['a doubt'],
  },
};

test('every figure has a line, and values stand in one column', () => {
  expect(loadTable(report)).toMatchInlineSnapshot(`
    "clients
      clients       1,000 over UDP
      ready         998 in 0.50 s, 1,996/s
      memory each   2.0 KB of the server
      failed        2: Allocate was answered 486 (the quota of this user is used up)
    traffic
      sent          123,456
      received      123,333
      lost          123 (0.100 %)
      out of order  0
      received/s    61,667, 84.9 Mbit/s
      delay         p50 120 us, p90 200 us, p99 1000 us, p99.9 12.3 ms, most 20.0 ms
      jitter        15 us
    server
      processor     50 % of a core
      per datagram  4.05 us, 246,666 relayed
      payload       42 MB per CPU second
      memory        64.0 MB
    generator
      sockets       native
      processor     61 % of a core
      per datagram  4.50 us
    warning: a doubt"
  `);
});

test('churn shows what a second of the processor is good for', () => {
  const { traffic: _, ...rest } = report;
  const churn = { allocations: 500, failed: 0, failures: {}, allocationsPerSecond: 250, allocateMicros: quantiles, allocationsPerCpuSecond: 9000 }; // biome-ignore format: one line
  const table = loadTable({ ...rest, churn });
  expect(table).toContain('per CPU second  9,000');
  expect(table).not.toContain('lost');
});
