import type { LoadReport } from '../../src/load/index.ts';
import { freePortPair } from '../../test/testkit/free-ports.ts';
import { runLoad } from './generator.ts';
import type { Pins } from './pins.ts';
import { grouped, markdownTable, micros, percent } from './rows.ts';
import { SERVER_IP, startServer } from './servers.ts';

const CLIENTS = 10_000;
/** Datagrams per second and allocation, to be tried one after the other; the last is what a call of audio has. */
const RATES = [1, 2, 5, 10, 15, 20, 30, 40, 50] as const;
const LITTLE_LOSS = 0.001;
/** Beyond this, more load only shows more loss. */
const MOST_LOSS = 0.05;

interface Step {
  readonly rate: number;
  readonly report: LoadReport;
}

/** 10,000 allocations with more and more datagrams each, upwards, until a call's audio or until this machine loses some. */
export async function crowd(
  workers: number,
  seconds: number,
  pins: Pins,
  say: (line: string) => void,
): Promise<string> {
  const steps: Step[] = [];
  for (const rate of RATES) {
    const report = await measured(rate, workers, seconds, workers > 1 ? { ...pins, server: undefined } : pins);
    steps.push({ rate, report });
    const { traffic, setup } = report;
    say(`${rate}/s each: ${grouped(setup.ready)} ready, lost ${percent(traffic?.lossShare ?? 1)}`);
    if (setup.failed > 0 || traffic === undefined || traffic.lossShare > MOST_LOSS) break;
  }
  return pageOf(steps, workers, seconds);
}

/** On a fresh server each time: what the last load left waiting is no part of the next. */
async function measured(rate: number, workers: number, seconds: number, pins: Pins): Promise<LoadReport> {
  const udp = await freePortPair(SERVER_IP);
  const server = await startServer('mmsg', { udp, tls: udp + 1 }, pins, workers);
  try {
    const flags = [
      '-n',
      `${CLIENTS}`,
      '--rate',
      `${rate}`,
      '--direction',
      'up',
      '--peers',
      '16',
      '--setup-in-flight',
      '128',
    ];
    return await runLoad(server, { transport: 'udp', flags, seconds, warmup: 2 }, pins);
  } finally {
    await server.stop();
  }
}

export function pageOf(steps: readonly Step[], workers: number, seconds: number): string {
  const head = ['each', 'sent per second', 'lost', 'p50', 'p99', 'server', 'generator', 'memory', 'skipped'];
  const rows = steps.map(({ rate, report: { traffic, server, generator } }) => [
    `${rate}/s`,
    grouped((traffic?.sent ?? 0) / seconds),
    percent(traffic?.lossShare ?? 1),
    micros(traffic?.delayMicros.p50 ?? 0),
    micros(traffic?.delayMicros.p99 ?? 0),
    percent(server?.cpuShare ?? 0),
    percent(generator.cpuShare),
    `${((server?.rssBytes ?? 0) / 1024 / 1024).toFixed(0)} MB`,
    grouped(generator.skipped),
  ]);
  const carried = steps.filter(({ report }) => (report.traffic?.lossShare ?? 1) <= LITTLE_LOSS);
  const cost = carried.at(-1)?.report.server?.cpuNanosPerDatagram;
  const wanted = CLIENTS * RATES.at(-1)!;
  return [
    `${grouped(CLIENTS)} allocations with a channel each, ${workers === 1 ? 'one worker' : `${workers} workers`}, ${seconds} s for each row.`,
    '',
    markdownTable(head, rows),
    ...(cost === undefined
      ? []
      : [
          '',
          `At the cost of the last row that lost next to nothing, ${grouped(wanted)} datagrams a second take ${((wanted * cost) / 1e9).toFixed(1)} cores of the relay.`,
        ]),
  ].join('\n');
}
