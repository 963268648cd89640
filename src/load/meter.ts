import type { Churn } from './churn.ts';
import type { Datagrams } from './datagrams.ts';
import type { Histogram } from './histogram.ts';
import type { Lines } from './lines.ts';
import type { LoadOptions } from './options.ts';
import type { ChurnReport, GeneratorReport, LoadReport, Quantiles, ServerReport, TrafficReport } from './report.ts';
import { type Usage, usageOf } from './server-cost.ts';
import type { SetupResult } from './setup.ts';
import { TICKS_PER_MICRO } from './stamp.ts';
import type { Traffic } from './traffic.ts';
import { warningsOf } from './warnings.ts';

/** Counters as they were at one moment. */
interface Moment {
  readonly at: number;
  readonly server: Usage | undefined;
  readonly ownCpuMicros: number;
  readonly idleMillis: number;
  readonly relayed: number;
  readonly churned: number;
  readonly refused: number;
}

/** Reads clocks and counters when a part of the run begins and ends, and makes the report of the differences. */
export class Meter {
  traffic: Traffic | undefined;
  churn: Churn | undefined;
  readonly #options: LoadOptions;
  readonly #datagrams: Datagrams;
  readonly #lines: Lines;
  readonly #setup: SetupResult;
  readonly #now: () => number;
  #idleMillis = 0;
  #setupBegan: Moment | undefined;
  #setupEnded: Moment | undefined;
  #began: Moment | undefined;
  #ended: Moment | undefined;

  constructor(options: LoadOptions, datagrams: Datagrams, lines: Lines, setup: SetupResult, now: () => number) {
    this.#options = options;
    this.#datagrams = datagrams;
    this.#lines = lines;
    this.#setup = setup;
    this.#now = now;
  }

  get setup(): SetupResult {
    return this.#setup;
  }

  /** Since measuring began. */
  get elapsedSeconds(): number {
    return this.#began === undefined ? 0 : (this.#now() - this.#began.at) / 1000;
  }

  /** Time a spinning generator had nothing to do. */
  addIdle(millis: number): void {
    this.#idleMillis += millis;
  }

  beginSetup(): void {
    this.#setupBegan = this.#moment();
  }

  endSetup(): void {
    this.#setupEnded = this.#moment();
  }

  begin(): void {
    this.#began = this.#moment();
  }

  end(): void {
    this.#ended = this.#moment();
  }

  report(): LoadReport {
    const seconds = this.#began && this.#ended ? (this.#ended.at - this.#began.at) / 1000 : 0;
    const traffic = this.#trafficReport(seconds);
    const server = this.#serverReport(traffic);
    const churn = this.#churnReport(seconds, server);
    const report = {
      clients: this.#options.clients,
      transport: this.#options.transport,
      setup: this.#setupReport(),
      seconds,
      ...(traffic && { traffic }),
      ...(churn && { churn }),
      ...(server && { server }),
      generator: this.#generatorReport(seconds),
    };
    return { ...report, generator: { ...report.generator, warnings: warningsOf(report, this.#options) } };
  }

  #moment(): Moment {
    const { pid } = this.#options;
    const { user, system } = process.cpuUsage();
    return {
      server: pid === undefined ? undefined : usageOf(pid),
      at: this.#now(),
      ownCpuMicros: user + system,
      idleMillis: this.#idleMillis,
      relayed: (this.traffic?.arrived ?? 0) + this.#datagrams.echoed,
      churned: this.churn?.ended ?? 0,
      refused: this.#lines.refused,
    };
  }

  #setupReport(): LoadReport['setup'] {
    const { ready, failed, failures } = this.#setup;
    const [from, to] = [this.#setupBegan, this.#setupEnded];
    const seconds = from && to ? (to.at - from.at) / 1000 : 0;
    const report = { ready, failed, failures: Object.fromEntries(failures), seconds };
    if (from?.server === undefined || to?.server === undefined || ready === 0) return report;
    return {
      ...report,
      rssBytesPerAllocation: (to.server.rssBytes - from.server.rssBytes) / ready,
      serverCpuMicrosPerAllocation: (to.server.cpuNanos - from.server.cpuNanos) / 1000 / ready,
    };
  }

  #trafficReport(seconds: number): TrafficReport | undefined {
    if (this.traffic === undefined || seconds === 0) return undefined;
    const { sent, receipts } = this.traffic;
    const lost = Math.max(0, sent - receipts.count);
    return {
      sent,
      received: receipts.count,
      lost,
      lossShare: sent === 0 ? 0 : lost / sent,
      outOfOrder: receipts.outOfOrder,
      receivedPerSecond: receipts.count / seconds,
      payloadBitsPerSecond: (8 * receipts.bytes) / seconds,
      delayMicros: quantilesOf(receipts.delay),
      jitterMicros: receipts.jitterMicros,
    };
  }

  #churnReport(seconds: number, server: ServerReport | undefined): ChurnReport | undefined {
    const { churn } = this;
    if (churn === undefined || seconds === 0) return undefined;
    const allocations = (this.#ended?.churned ?? 0) - (this.#began?.churned ?? 0);
    const report = {
      allocations,
      failed: churn.failed,
      failures: Object.fromEntries(churn.failures),
      allocationsPerSecond: allocations / seconds,
      allocateMicros: quantilesOf(churn.duration),
    };
    if (server === undefined || allocations === 0) return report;
    const cpuSeconds = server.cpuShare * seconds;
    return {
      ...report,
      serverCpuMicrosPerAllocation: (cpuSeconds * 1e6) / allocations,
      allocationsPerCpuSecond: allocations / cpuSeconds,
    };
  }

  #serverReport(traffic: TrafficReport | undefined): ServerReport | undefined {
    const [from, to] = [this.#began, this.#ended];
    if (from?.server === undefined || to?.server === undefined) return undefined;
    const cpuNanos = to.server.cpuNanos - from.server.cpuNanos;
    const report = { cpuShare: cpuNanos / 1e6 / (to.at - from.at), rssBytes: to.server.rssBytes };
    const relayed = this.#relayed(from, to);
    if (traffic === undefined || relayed === 0) return report;
    const bytesOfEach = traffic.received === 0 ? 0 : this.traffic!.receipts.bytes / traffic.received;
    return {
      ...report,
      relayed,
      cpuNanosPerDatagram: cpuNanos / relayed,
      payloadBytesPerCpuSecond: (relayed * bytesOfEach) / (cpuNanos / 1e9),
    };
  }

  /** An echo of ours counts the way there; of one that is not ours, we know the round trips. */
  #relayed(from: Moment, to: Moment): number {
    return (to.relayed - from.relayed) * (this.#options.externalPeer === undefined ? 1 : 2);
  }

  #generatorReport(seconds: number): GeneratorReport {
    const [from, to] = [this.#began, this.#ended];
    const sockets = { udp: this.#datagrams.name, tcp: 'node:net', tls: 'node:tls' } as const;
    const report = { sockets: sockets[this.#options.transport], skipped: this.traffic?.skipped ?? 0, warnings: [] };
    if (from === undefined || to === undefined || seconds === 0) return { ...report, cpuShare: 0, refused: 0 };
    const ownCpuMicros = to.ownCpuMicros - from.ownCpuMicros;
    const idle = (to.idleMillis - from.idleMillis) / 1000 / seconds;
    const relayed = this.#relayed(from, to);
    const lag = this.traffic?.lag;
    return {
      ...report,
      refused: to.refused - from.refused,
      cpuShare: this.#options.spins ? Math.max(0, 1 - idle) : ownCpuMicros / 1e6 / seconds,
      ...(relayed > 0 && !this.#options.spins && { cpuNanosPerDatagram: (ownCpuMicros * 1000) / relayed }),
      ...(lag !== undefined && lag.total > 0 && { lagMicros: quantilesOf(lag) }),
    };
  }
}

function quantilesOf(histogram: Histogram): Quantiles {
  const micros = (share: number) => histogram.quantile(share) / TICKS_PER_MICRO;
  return {
    p50: micros(0.5),
    p90: micros(0.9),
    p99: micros(0.99),
    p999: micros(0.999),
    most: histogram.most / TICKS_PER_MICRO,
  };
}
