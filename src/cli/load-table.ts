import type { LoadReport } from '../load/index.ts';

type Row = readonly [name: string, value: string];
type Quantiles = NonNullable<LoadReport['traffic']>['delayMicros'];

/** What a run measured, as lines for people. */
export function loadTable(report: LoadReport): string {
  const { traffic, churn, server, generator } = report;
  const parts: (readonly [title: string, rows: readonly Row[]])[] = [
    ['clients', setupRows(report)],
    ...(traffic ? [['traffic', trafficRows(traffic)] as const] : []),
    ...(churn ? [['allocations', churnRows(churn)] as const] : []),
    ...(server ? [['server', serverRows(server)] as const] : []),
    ['generator', generatorRows(generator)],
  ];
  const width = Math.max(...parts.flatMap(([, rows]) => rows.map(([name]) => name.length)));
  const lines = parts.flatMap(([title, rows]) => [
    title,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
  ]);
  return [...lines, ...generator.warnings.map(warning => `warning: ${warning}`)].join('\n');
}

function setupRows({ clients, transport, setup }: LoadReport): Row[] {
  const rows: Row[] = [['clients', `${grouped(clients)} over ${transport.toUpperCase()}`]];
  if (setup.ready + setup.failed > 0) {
    const rate = setup.seconds > 0 ? `, ${grouped(setup.ready / setup.seconds)}/s` : '';
    rows.push(['ready', `${grouped(setup.ready)} in ${setup.seconds.toFixed(2)} s${rate}`]);
  }
  if (setup.rssBytesPerAllocation !== undefined) {
    rows.push(['memory each', `${(setup.rssBytesPerAllocation / 1024).toFixed(1)} KB of the server`]);
  }
  return [...rows, ...failureRows(setup.failures)];
}

function trafficRows(traffic: NonNullable<LoadReport['traffic']>): Row[] {
  return [
    ['sent', grouped(traffic.sent)],
    ['received', grouped(traffic.received)],
    ['lost', `${grouped(traffic.lost)} (${(traffic.lossShare * 100).toFixed(3)} %)`],
    ['out of order', grouped(traffic.outOfOrder)],
    ['received/s', `${grouped(traffic.receivedPerSecond)}, ${(traffic.payloadBitsPerSecond / 1e6).toFixed(1)} Mbit/s`],
    ['delay', quantiles(traffic.delayMicros)],
    ['jitter', micros(traffic.jitterMicros)],
  ];
}

function churnRows(churn: NonNullable<LoadReport['churn']>): Row[] {
  return [
    ['made and ended', grouped(churn.allocations)],
    ['per second', grouped(churn.allocationsPerSecond)],
    ['to allocate', quantiles(churn.allocateMicros)],
    ...(churn.allocationsPerCpuSecond === undefined
      ? []
      : [['per CPU second', grouped(churn.allocationsPerCpuSecond)] as const]),
    ['failed', grouped(churn.failed)],
    ...failureRows(churn.failures),
  ];
}

function serverRows(server: NonNullable<LoadReport['server']>): Row[] {
  return [
    ['processor', `${percent(server.cpuShare)} of a core`],
    ...(server.cpuNanosPerDatagram === undefined
      ? []
      : ([
          [
            'per datagram',
            `${(server.cpuNanosPerDatagram / 1000).toFixed(2)} us, ${grouped(server.relayed ?? 0)} relayed`,
          ],
          ['payload', `${grouped((server.payloadBytesPerCpuSecond ?? 0) / 1e6)} MB per CPU second`],
        ] as const)),
    ['memory', `${(server.rssBytes / 1024 / 1024).toFixed(1)} MB`],
  ];
}

function generatorRows(generator: LoadReport['generator']): Row[] {
  return [
    ['sockets', generator.sockets],
    ['processor', `${percent(generator.cpuShare)} of a core`],
    ...(generator.cpuNanosPerDatagram === undefined
      ? []
      : [['per datagram', `${(generator.cpuNanosPerDatagram / 1000).toFixed(2)} us`] as const]),
    ...(generator.lagMicros === undefined ? [] : [['sent late by', quantiles(generator.lagMicros)] as const]),
  ];
}

function failureRows(failures: Readonly<Record<string, number>>): Row[] {
  return Object.entries(failures).map(([why, count]) => ['failed', `${grouped(count)}: ${why}${hintFor(why)}`]);
}

/** What the codes that people meet first mean here. */
function hintFor(why: string): string {
  if (why.endsWith('answered 401')) return ' (wrong user, password or secret)';
  if (why.endsWith('answered 403')) return ' (the server permits no peer at this address: see --help)';
  if (why.endsWith('answered 486')) return ' (the quota of this user is used up)';
  if (why.endsWith('answered 508')) return ' (the server has no relay port left)';
  return '';
}

function quantiles({ p50, p90, p99, p999, most }: Quantiles): string {
  return `p50 ${micros(p50)}, p90 ${micros(p90)}, p99 ${micros(p99)}, p99.9 ${micros(p999)}, most ${micros(most)}`;
}

function micros(value: number): string {
  return value < 10_000 ? `${Math.round(value)} us` : `${(value / 1000).toFixed(1)} ms`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
