import { freePortPair } from '../../test/testkit/free-ports.ts';
import { runLoad } from './generator.ts';
import { grouped, markdownTable, percent } from './rows.ts';
import { SERVER_IP, startServer } from './servers.ts';
import { ratiosOf, type Spread, spreadOf } from './statistics.ts';

/** What each worker has to carry: so little that two of them and the generator do not wait for each other on two cores. */
const CLIENTS_PER_WORKER = 100;
const PER_SECOND = 100;
const AIM = 1.7;
/** Neither is pinned: the two workers need both processors, and so does whoever they are compared with. */
const UNPINNED = { server: undefined, generator: undefined };

interface Run {
  readonly cpuMicros: number | undefined;
  readonly cpuShare: number;
  readonly lossShare: number;
}

/** How much more two workers can carry than one, by what a datagram costs them: see docs/performance.md for why it is not just tried. */
export async function twoWorkers(rounds: number, seconds: number, say: (line: string) => void): Promise<string> {
  const runs = { 1: [] as Run[], 2: [] as Run[] };
  for (let round = 0; round < rounds; round++) {
    for (const workers of round % 2 === 0 ? ([1, 2] as const) : ([2, 1] as const)) {
      const run = await measured(workers, seconds);
      runs[workers].push(run);
      say(`round ${round + 1}, workers ${workers}: ${run.cpuMicros?.toFixed(2)} us, lost ${percent(run.lossShare)}`);
    }
  }
  return pageOf(runs, seconds);
}

async function measured(workers: 1 | 2, seconds: number): Promise<Run> {
  const udp = await freePortPair(SERVER_IP);
  const server = await startServer('mmsg', { udp, tls: udp + 1 }, UNPINNED, workers);
  try {
    const flags = ['-n', `${CLIENTS_PER_WORKER * workers}`, '--rate', `${PER_SECOND}`];
    const load = { transport: 'udp', flags, seconds, warmup: 1 } as const;
    const { server: cost, traffic } = await runLoad(server, load, UNPINNED);
    const cpuMicros = cost?.cpuNanosPerDatagram === undefined ? undefined : cost.cpuNanosPerDatagram / 1000;
    return { cpuMicros, cpuShare: cost?.cpuShare ?? 0, lossShare: traffic?.lossShare ?? 1 };
  } finally {
    await server.stop();
  }
}

export function pageOf(runs: { readonly 1: readonly Run[]; readonly 2: readonly Run[] }, seconds: number): string {
  const costs = { 1: runs[1].map(run => run.cpuMicros), 2: runs[2].map(run => run.cpuMicros) };
  const capacity = ratiosOf(
    costs[1].map(cost => cost && 2 * cost),
    costs[2],
  );
  const row = (workers: 1 | 2) => {
    const cost = spreadOf(costs[workers].filter(one => one !== undefined));
    const share = spreadOf(runs[workers].map(run => run.cpuShare));
    return [
      `${workers}`,
      grouped(workers * CLIENTS_PER_WORKER * PER_SECOND * 2),
      cost === undefined ? '' : spread(cost, 'us'),
      share === undefined ? '' : percent(share.median),
      cost === undefined ? '' : grouped((workers * 1e6) / cost.median),
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
