import { expect, test } from 'vitest';
import type { LoadReport } from '../../src/load/index.ts';
import { linesOver } from './chart.ts';
import { pageOf as crowdPage } from './crowd.ts';
import { HELP } from './help.ts';
import { pageOf as longPage } from './long-run.ts';
import { collectionsIn, pageOf as steadyPage } from './steady.ts';
import { pageOf as workersPage } from './two-workers.ts';

test('two workers carry twice what one does, less what a datagram costs them more', () => {
  const run = (cpuMicros: number) => ({ cpuMicros, cpuShare: 0.5, perSecond: 400_000 });
  const page = workersPage({ 1: [run(5), run(6)], 2: [run(6.25), run(6)] }, 2);
  expect(page).toContain('1.80 × (1.60 to 2.00)');
  expect(page).toContain('reached');
  expect(workersPage({ 1: [run(5)], 2: [run(8)] }, 2)).toContain('**not reached**');
  expect(workersPage({ 1: [], 2: [] }, 2)).toContain('Too little');
});

test('what a crowd would take is told by the last load that lost next to nothing', () => {
  const steps = [
    { rate: 5, report: report({ lost: 0, cost: 6_000 }) },
    { rate: 10, report: report({ lost: 400, cost: 9_000 }) },
  ];
  const page = crowdPage(steps, 2, 10);
  expect(page).toContain('500,000 datagrams a second take 3.0 cores');
  expect(page).toMatch(/\| 10\/s +\| 100 +\| 40\.0 %/);
  expect(crowdPage([{ rate: 1, report: report({ lost: 0 }) }], 1, 10)).not.toContain('cores');
});

test('a long run shows its first and its last fifth beside each other', () => {
  const samples = Array.from({ length: 10 }, (_, i) => ({
    minutes: i,
    report: report({ lost: 0, p99: 100 + i, megabytes: 80 + i }),
  }));
  const page = longPage(samples, report({ lost: 1 }), 100, { aged: samples.slice(0, 3), fresh: samples.slice(7) });
  expect(page).toMatch(/first fifth +\| 50 us +\| 101 us +\| 81\.0 MB/);
  expect(page).toMatch(/last fifth +\| 50 us +\| 109 us +\| 89\.0 MB/);
  expect(page).toMatch(/the same edge +\| 50 us +\| 101 us +\| 81\.0 MB/);
  expect(page).toMatch(/a new edge +\| 50 us +\| 108 us +\| 88\.0 MB/);
  expect(page).toContain('1,000 sent there and back, 1 lost');
});

test('what V8 says of its collections is read, and counted for each million datagrams', () => {
  const collections = collectionsIn(
    [
      '[7:0x2a00]     1361 ms: Scavenge 24.5 (40.2) -> 23.1 (41.0) MB, pooled: 2.5 MB, 1.25 / 0.00 ms (average mu = 1.000, current mu = 1.000) task;',
      '{"level":40,"msg":"something else"}',
      '[7:0x2a00]     2361 ms: Mark-Compact 30.0 (41.0) -> 22.0 (41.0) MB, 3.50 / 0.01 ms (+ 4.0 ms in 12 steps since start of marking)',
      '[7:0x2a00]     2461 ms: Mark-Compact (reduce) 24.0 (41.0) -> 21.5 (41.0) MB, pooled: 0 MB, 0.25 / 0.01 ms (+ 4.0 ms in 1 steps)',
    ].join('\n'),
  );
  expect(collections).toEqual([
    { kind: 'young', pauseMillis: 1.25, heapMegabytes: 23.1 },
    { kind: 'whole', pauseMillis: 3.5, heapMegabytes: 22 },
    { kind: 'whole', pauseMillis: 0.25, heapMegabytes: 21.5 },
  ]);
  const part = { datagrams: 500_000, rssBytes: 90 * 1024 * 1024 };
  const page = steadyPage([
    { ...part, collections },
    { ...part, collections: [] },
  ]);
  expect(page).toMatch(/\| 500,000 +\| 1 +\| 2 +\| 5\.0 ms +\| 21\.5 MB +\| 90\.0 MB/);
  expect(page).toMatch(/\| 1,000,000 +\| 0 +\| 0 +\| 0\.0 ms +\| none/);
  expect(page).toContain('3.0 collections for each million datagrams, 5 ms in all; the longest took 3.5 ms');
});

test('a chart is one element of XML, and what is flat is drawn flat', () => {
  const svg = linesOver('t', [{ title: 'memory', unit: 'MB', points: [[0, 80], [1, 80], [2, 80]] }]); // biome-ignore format: one line
  expect(svg.match(/<(?!\/)(\w+)/g)).toHaveLength(svg.match(/<\/\w+|\/>/g)!.length);
  const [, ...heights] = /class="line" d="M[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)"/.exec(svg)!;
  expect(new Set(heights).size).toBe(1);
});

test('the help names every scenario and study', () => {
  for (const name of ['10x16', 'ten-thousand', 'two-workers', 'crowd', 'steady', 'long']) expect(HELP).toContain(name);
});

interface Wanted {
  readonly lost: number;
  readonly cost?: number;
  readonly p99?: number;
  readonly megabytes?: number;
}

function report({ lost, cost, p99 = 99, megabytes = 80 }: Wanted): LoadReport {
  const delayMicros = { p50: 50, p90: 90, p99, p999: 999, most: 1_000 };
  return {
    clients: 10,
    transport: 'udp',
    setup: { ready: 10, failed: 0, failures: {}, seconds: 1 },
    seconds: 10,
    traffic: {
      sent: 1_000,
      received: 1_000 - lost,
      lost,
      lossShare: lost / 1_000,
      outOfOrder: 0,
      receivedPerSecond: 100,
      payloadBitsPerSecond: 1,
      delayMicros,
      jitterMicros: 1,
    },
    server: {
      cpuShare: 0.5,
      rssBytes: megabytes * 1024 * 1024,
      ...(cost !== undefined && { cpuNanosPerDatagram: cost }),
    },
    generator: { sockets: 'native', cpuShare: 0.5, skipped: 0, refused: 0, warnings: [] },
  };
}
