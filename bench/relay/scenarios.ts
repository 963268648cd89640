import type { LoadReport } from '../../src/load/index.ts';
import type { Load } from './generator.ts';
import type { ServerName } from './servers.ts';

/** One number that a scenario yields. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly unit: 'us' | 'KB' | '/s' | 'MB/s';
  /** What is better. */
  readonly better: 'less' | 'more';
  /** The ratio to coturn that is aimed for. */
  readonly target?: number;
  readonly read: (report: LoadReport) => number | undefined;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly servers: readonly ServerName[];
  readonly transport: Load['transport'];
  /** `capacity` is how many datagrams coturn could relay in a second of processor time. */
  readonly flags: (capacity: number) => readonly string[];
  readonly figures: readonly Figure[];
  /** On a server that has done nothing before. */
  readonly isFresh?: true;
  /** Left out when in a hurry: which servers. */
  readonly slow?: readonly ServerName[];
}

const EVERYONE: readonly ServerName[] = ['coturn', 'mmsg', 'dgram', 'forwarder'];
const RELAYS: readonly ServerName[] = ['coturn', 'mmsg', 'dgram'];
const TWO: readonly ServerName[] = ['coturn', 'mmsg'];
/** Fewer datagrams than this say nothing. */
const LEAST = 100;

export const SCENARIOS: readonly Scenario[] = [
  cpu('10x16', '10 allocations, 16 datagrams under way in each', ['-n', '10', '--in-flight', '16'], 0.7),
  cpu('1000x1', '1,000 allocations, one datagram under way in each', ['-n', '1000', '--in-flight', '1'], 0.8),
  cpu('audio', '100 calls of audio, 50 datagrams a second each', ['-n', '100', '--audio']),
  cpu('video', '10 calls of video, trains at 2 Mbit/s each', ['-n', '10', '--video', '2'], 0.5),
  cpu('video-runs', '100 calls of video, each train one message (GSO)', ['-n', '100', '--video', '2', '--gso'], 0.5), // biome-ignore format: one line
  ...[20, 50, 80].map(delay),
  {
    name: 'churn',
    title: 'allocations made and ended',
    servers: RELAYS,
    transport: 'udp',
    flags: () => ['-n', '64', '--churn'],
    slow: ['dgram'],
    figures: [
      {
        id: 'churn',
        title: 'allocations per second of processor time',
        unit: '/s',
        better: 'more',
        target: 2,
        read: report => report.churn?.allocationsPerCpuSecond,
      },
    ],
  },
  stream('tcp', 'TCP'),
  stream('tls', 'TLS'),
  {
    name: 'ten',
    title: '10 allocations, 2,000 datagrams a second each',
    servers: TWO,
    transport: 'udp',
    flags: () => ['-n', '10', '--rate', '1000'],
    figures: [cpuFigure('ten', 'processor time per datagram, 10 allocations, 20,000 datagrams/s')],
  },
  {
    name: 'ten-thousand',
    title: '10,000 allocations, 2 datagrams a second each',
    servers: TWO,
    transport: 'udp',
    flags: () => ['-n', '10000', '--rate', '1', '--setup-in-flight', '128'],
    isFresh: true,
    figures: [
      cpuFigure('ten-thousand', 'processor time per datagram, 10,000 allocations, 20,000 datagrams/s'),
      {
        id: 'memory',
        title: 'memory per allocation, of 10,000',
        unit: 'KB',
        better: 'less',
        read: report => scaled(report.setup.rssBytesPerAllocation, 1 / 1024),
      },
    ],
  },
];

function cpu(name: string, title: string, flags: readonly string[], target?: number): Scenario {
  return {
    name,
    title,
    servers: EVERYONE,
    transport: 'udp',
    flags: () => flags,
    slow: ['dgram'],
    figures: [cpuFigure(name, `processor time per datagram: ${title}`, target)],
  };
}

function cpuFigure(id: string, title: string, target?: number): Figure {
  const read = ({ server }: LoadReport) =>
    server?.relayed !== undefined && server.relayed >= LEAST ? scaled(server.cpuNanosPerDatagram, 1 / 1000) : undefined;
  return { id, title, unit: 'us', better: 'less', ...(target !== undefined && { target }), read };
}

/** Round trips, spread over 100 clients; a part of what coturn could carry with all of its core. */
function delay(percent: number): Scenario {
  const name = `delay-${percent}`;
  const quantile = (q: 'p50' | 'p99'): Figure => ({
    id: `${name}-${q}`,
    title: `delay there and back at ${percent} % of coturn's capacity, ${q}`,
    unit: 'us',
    better: 'less',
    ...(q === 'p99' && { target: 1 }),
    read: report => report.traffic?.delayMicros[q],
  });
  return {
    name,
    title: `delay at ${percent} % of coturn's capacity`,
    servers: TWO,
    transport: 'udp',
    flags: capacity => ['-n', '100', '--rate', `${Math.round((capacity * percent) / 100 / 2 / 100)}`, '--spin'],
    figures: [quantile('p50'), quantile('p99')],
  };
}

function stream(name: 'tcp' | 'tls', title: string): Scenario {
  return {
    name,
    title: `${title}, 1,200 bytes, 10 connections with 16 under way`,
    servers: TWO,
    transport: name,
    flags: () => ['-n', '10', '--in-flight', '16', '--size', '1200'],
    figures: [
      {
        id: name,
        title: `payload per second of processor time, ${title}`,
        unit: 'MB/s',
        better: 'more',
        target: 1,
        read: report => scaled(report.server?.payloadBytesPerCpuSecond, 1e-6),
      },
    ],
  };
}

function scaled(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value * by;
}
