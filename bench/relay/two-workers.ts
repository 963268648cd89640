import { execFileSync } from 'node:child_process';
import { childrenOf } from '../../src/load/index.ts';
import { freePortPair } from '../../test/testkit/free-ports.ts';
import { runLoad } from './generator.ts';
import { grouped, markdownTable, percent } from './rows.ts';
import { PEER_PORT, SERVER_IP, type Server, startServer } from './servers.ts';
import { ratiosOf, type Spread, spreadOf } from './statistics.ts';

const CLIENTS_PER_WORKER = 100;
const IN_FLIGHT = 16;
const AIM = 1.7;
const PROCESSORS = [0, 1] as const;

export interface Run {
  /** Of all processes of the edge, for each datagram. */
  readonly cpuMicros: number;
  /** Processor time of the edge in each second. */
  readonly cpuShare: number;
  readonly perSecond: number;
}

/**
 * How much more two workers can carry than one, by what a datagram costs them when they are full: docs/performance.md says why. Each worker has
 * a processor, as many clients as the other, and a generator on either processor.
 */
export async function twoWorkers(rounds: number, seconds: number, say: (line: string) => void): Promise<string> {
  scheduleInBatches();
  const runs = { 1: [] as Run[], 2: [] as Run[] };
  for (let round = 0; round < rounds; round++) {
    for (const workers of round % 2 === 0 ? ([1, 2] as const) : ([2, 1] as const)) {
      const run = await measured(workers, seconds);
      runs[workers].push(run);
      say(`round ${round + 1}, workers ${workers}: ${run.cpuMicros.toFixed(2)} us, ${grouped(run.perSecond)} a second`);
    }
  }
  return pageOf(runs, seconds);
}

/** What we start from now on is not interrupted by whoever wakes up: on a machine that is full, queues fill instead. */
function scheduleInBatches(): void {
  execFileSync('chrt', ['--batch', '--pid', '0', `${process.pid}`]);
}

async function measured(workers: 1 | 2, seconds: number): Promise<Run> {
  const udp = await freePortPair(SERVER_IP);
  const server = await startServer('mmsg', { udp, tls: udp + 1 }, { server: undefined }, workers);
  try {
    pinWorkers(server, workers);
    const clients = (CLIENTS_PER_WORKER * workers) / PROCESSORS.length;
    const flags = ['-n', `${clients}`, '--in-flight', `${IN_FLIGHT}`];
    const load = { transport: 'udp', flags, seconds, warmup: 2 } as const;
    const reports = await Promise.all(
      PROCESSORS.map(generator => runLoad(server, { ...load, peerPort: PEER_PORT + 100 * generator }, { generator })),
    );
    const relayed = reports.reduce((sum, report) => sum + (report.server?.relayed ?? 0), 0);
    const cpuShare = reports.reduce((sum, report) => sum + (report.server?.cpuShare ?? 0), 0) / reports.length;
    return { cpuMicros: (cpuShare * seconds * 1e6) / relayed, cpuShare, perSecond: Math.round(relayed / seconds) };
  } finally {
    await server.stop();
  }
}

/** One worker is the whole edge; of two, a supervisor is the parent. */
function pinWorkers({ pid }: Server, workers: 1 | 2): void {
  const processes = workers === 1 ? [pid] : childrenOf(pid);
  if (processes.length !== workers) throw new Error(`the edge has ${processes.length} workers instead of ${workers}`);
  for (const [i, worker] of processes.entries()) {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', `${PROCESSORS[i]}`, `${worker}`]);
  }
}

export function pageOf(runs: { readonly 1: readonly Run[]; readonly 2: readonly Run[] }, seconds: number): string {
  const costs = { 1: runs[1].map(run => run.cpuMicros), 2: runs[2].map(run => run.cpuMicros) };
  const capacity = ratiosOf(
    costs[1].map(cost => 2 * cost),
    costs[2],
  );
  const row = (workers: 1 | 2) => {
    const cost = spreadOf(costs[workers]);
    const share = spreadOf(runs[workers].map(run => run.cpuShare));
    const perSecond = spreadOf(runs[workers].map(run => run.perSecond));
    return [
      `${workers}`,
      perSecond === undefined ? '' : grouped(Math.round(perSecond.median)),
      cost === undefined ? '' : spread(cost, 'us'),
      share === undefined ? '' : percent(share.median),
      cost === undefined ? '' : grouped(Math.round((workers * 1e6) / cost.median)),
    ];
  };
  const head = ['workers', 'datagrams/s', 'processor time per datagram', 'of a core', 'could carry per second'];
  const reached = capacity !== undefined && capacity.median >= AIM;
  return [
    markdownTable(head, [row(1), row(2)]),
    '',
    capacity === undefined
      ? 'Too little was relayed to say anything.'
      : `Two workers can carry ${spread(capacity, '×')} what one can; the aim is at least ${AIM} ×: ${reached ? 'reached' : '**not reached**'}. ${runs[1].length} rounds of ${seconds} s.`,
  ].join('\n');
}

function spread({ median, least, most }: Spread, unit: string): string {
  return `${median.toFixed(2)} ${unit} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}
