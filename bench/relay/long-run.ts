import type { LoadReport } from '../../src/load/index.ts';
import { freePortPair } from '../../test/testkit/free-ports.ts';
import { type Line, linesOver } from './chart.ts';
import { type Load, runLoad } from './generator.ts';
import type { Pins } from './pins.ts';
import { grouped, markdownTable, micros, percent } from './rows.ts';
import { SERVER_IP, type Server, startServer } from './servers.ts';

const CLIENTS = 100;
/** How long the same load runs again, on the edge that has aged and on one that has not. */
const AGAIN_SECONDS = 60;
const PROBE: Load = {
  transport: 'udp',
  flags: ['-n', '4', '--rate', '100'],
  seconds: 10,
  warmup: 0.5,
  peerPort: 18_100,
};
/** When the capacity can't be measured: a cost per datagram. */
const USUAL_NANOS = 6_000;

export interface Sample {
  readonly minutes: number;
  readonly report: LoadReport;
}

/** What the probes saw when the load was begun anew, afterwards. */
export interface Afterwards {
  readonly aged: readonly Sample[];
  readonly fresh: readonly Sample[];
}

export interface LongRun {
  readonly page: string;
  readonly picture: string;
}

/**
 * Half of what the server can carry by its own measure, without a pause on the same allocations; beside it a few clients that come and
 * go measure delay, and the server's memory is read, all the while. Then the same load for a minute on this edge and on a new one: what
 * differs between them is the edge's age, and what has changed since the beginning on both is not.
 */
export async function longRun(minutes: number, pins: Pins, say: (line: string) => void): Promise<LongRun> {
  const { rate, samples, whole, aged } = await onNewEdge(pins, async server => {
    const own = await halfLoad(server, pins);
    say(`${CLIENTS} clients with ${own} datagrams a second each, there and back`);
    const first = await loaded(server, own, minutes * 60, pins, say);
    const again = await loaded(server, own, AGAIN_SECONDS, pins, say);
    return { rate: own, ...first, aged: again.samples };
  });
  const fresh = await onNewEdge(pins, async server => {
    await halfLoad(server, pins); // as warm as the other was when it began
    return loaded(server, rate, AGAIN_SECONDS, pins, say);
  });
  const page = pageOf(samples, whole, rate, { aged, fresh: fresh.samples });
  return { page, picture: pictureOf(samples) };
}

interface Loaded {
  readonly samples: readonly Sample[];
  readonly whole: LoadReport;
}

async function onNewEdge<T>(pins: Pins, measure: (server: Server) => Promise<T>): Promise<T> {
  const udp = await freePortPair(SERVER_IP);
  const server = await startServer('mmsg', { udp, tls: udp + 1 }, pins);
  try {
    return await measure(server);
  } finally {
    await server.stop();
  }
}

async function loaded(
  server: Server,
  rate: number,
  seconds: number,
  pins: Pins,
  say: (line: string) => void,
): Promise<Loaded> {
  const flags = ['-n', `${CLIENTS}`, '--rate', `${rate}`];
  const until = performance.now() + seconds * 1000;
  const whole = runLoad(server, { transport: 'udp', flags, seconds, warmup: 2 }, pins);
  whole.catch(() => {}); // it is awaited below, when the samples are done
  const samples = await sampled(server, until, pins, say);
  return { samples, whole: await whole };
}

/**
 * Datagrams per second and client for half of what the server could carry at the cost of a light load. The more there is, the cheaper each
 * gets: the server is busy for less than half of its time then, and the generator, which does twice the work, for less than all of its own.
 */
async function halfLoad(server: Server, pins: Pins): Promise<number> {
  const light: Load = { transport: 'udp', flags: ['-n', `${CLIENTS}`, '--rate', '100'], seconds: 3, warmup: 1 };
  const { server: cost } = await runLoad(server, light, pins);
  const perSecond = 1e9 / (cost?.cpuNanosPerDatagram ?? USUAL_NANOS);
  return Math.max(1, Math.round(perSecond / 2 / 2 / CLIENTS)); // a round trip is two
}

async function sampled(server: Server, until: number, pins: Pins, say: (line: string) => void): Promise<Sample[]> {
  const samples: Sample[] = [];
  const began = performance.now();
  while (performance.now() + (PROBE.seconds + 2) * 1000 < until) {
    const report = await runLoad(server, PROBE, pins);
    const minutes = (performance.now() - began) / 60_000;
    samples.push({ minutes, report });
    const p50 = report.traffic?.delayMicros.p50 ?? 0;
    say(`${minutes.toFixed(1)} min: p50 ${micros(p50)}, p99 ${micros(p99(report))}, ${memory(report).toFixed(1)} MB`);
  }
  return samples;
}

/** The first and the last fifth beside each other: what grows shows. */
export function pageOf(
  samples: readonly Sample[],
  whole: LoadReport,
  rate: number,
  { aged, fresh }: Afterwards,
): string {
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  const parts = [
    ['first fifth', samples.slice(0, fifth)],
    ['last fifth', samples.slice(-fifth)],
    ['a minute afterwards, the same edge', aged],
    ['a minute afterwards, a new edge', fresh],
  ] as const;
  const rows = parts.map(([name, part]) => [
    name,
    micros(median(part.map(({ report }) => report.traffic?.delayMicros.p50 ?? 0))),
    micros(median(part.map(({ report }) => p99(report)))),
    `${median(part.map(({ report }) => memory(report))).toFixed(1)} MB`,
  ]);
  const { traffic, server, seconds } = whole;
  return [
    `${grouped(CLIENTS * rate * 2)} datagrams a second for ${(seconds / 60).toFixed(1)} minutes: ${grouped(traffic?.sent ?? 0)} sent there and back, ${grouped(traffic?.lost ?? 0)} lost (${percent(traffic?.lossShare ?? 1)}), ${percent(server?.cpuShare ?? 0)} of a core, and of the generator's ${percent(whole.generator.cpuShare)}.`,
    '',
    markdownTable(['medians of the', 'delay p50', 'delay p99', 'memory'], rows),
    '',
    '![Delay and memory over time](pictures/long-run.svg)',
  ].join('\n');
}

function pictureOf(samples: readonly Sample[]): string {
  const line = (title: string, unit: string, of: (report: LoadReport) => number): Line => ({
    title,
    unit,
    points: samples.map(({ minutes, report }) => [minutes, of(report)]),
  });
  return linesOver('Minutes at half load', [
    line('delay there and back, p50', 'us', report => report.traffic?.delayMicros.p50 ?? 0),
    line('delay there and back, p99', 'us', p99),
    line('memory of the server', 'MB', memory),
  ]);
}

function p99(report: LoadReport): number {
  return report.traffic?.delayMicros.p99 ?? 0;
}

function memory({ server }: LoadReport): number {
  return (server?.rssBytes ?? 0) / 1024 / 1024;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
