import type { Datagrams } from './datagrams.ts';
import type { LoadOptions } from './options.ts';

/** Times are in the unit their names end with; all that is counted is of the measured part alone. */
export interface LoadReport {
  readonly clients: number;
  readonly transport: LoadOptions['transport'];
  readonly setup: SetupReport;
  readonly seconds: number;
  readonly traffic?: TrafficReport;
  readonly perClient?: readonly ClientReport[];
  readonly churn?: ChurnReport;
  readonly server?: ServerReport;
  readonly generator: GeneratorReport;
}

export interface SetupReport {
  readonly ready: number;
  readonly failed: number;
  /** How often each thing went wrong, such as `Allocate answered 486`. */
  readonly failures: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** What the server's memory grew by, per allocation. */
  readonly rssBytesPerAllocation?: number;
  readonly serverCpuMicrosPerAllocation?: number;
}

export interface TrafficReport {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly lossShare: number;
  readonly outOfOrder: number;
  readonly receivedPerSecond: number;
  readonly payloadBitsPerSecond: number;
  /** From send to arrival; for echo, of the whole way there and back. */
  readonly delayMicros: Quantiles;
  readonly jitterMicros: number;
}

/** One client's share of the traffic; its relayed address says where it was served. */
export interface ClientReport {
  readonly relay: string;
  readonly sent: number;
  readonly received: number;
}

export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly most: number;
}

export interface ChurnReport {
  readonly allocations: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly allocationsPerSecond: number;
  /** From the first Allocate request to its success, the challenge in between. */
  readonly allocateMicros: Quantiles;
  readonly serverCpuMicrosPerAllocation?: number;
  /** What one core could do, by the server's processor time. */
  readonly allocationsPerCpuSecond?: number;
}

export interface ServerReport {
  /** Of one core. */
  readonly cpuShare: number;
  readonly rssBytes: number;
  /** Datagrams that the server relayed; a round trip is two. */
  readonly relayed?: number;
  readonly cpuNanosPerDatagram?: number;
  readonly payloadBytesPerCpuSecond?: number;
}

export interface GeneratorReport {
  readonly sockets: Datagrams['name'] | 'node:net' | 'node:tls';
  /** Of one core: its own processor time, or what of its time was not idle when it spins. */
  readonly cpuShare: number;
  readonly cpuNanosPerDatagram?: number;
  /** How late sends were against their schedule. */
  readonly lagMicros?: Quantiles;
  /** Sends left out because it could not keep up. */
  readonly skipped: number;
  /** Datagrams that its own system refused to send. */
  readonly refused: number;
  readonly warnings: readonly string[];
}
