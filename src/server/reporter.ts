import type { ConnectionEnd, Metrics } from '../control/index.ts';
import type { Counters, RelayTraffic } from '../dataplane/index.ts';
import type { AllocationRecord, Effect } from '../turn/index.ts';
import { formatAddress, type Millis, type TransportAddress } from '../wire/index.ts';
import type { Logger } from './log.ts';
import type { Side } from './sides.ts';

/** What an edge did in its life. */
export interface Summary {
  readonly uptimeSeconds: number;
  /** Allocations that ended, those cut off included. */
  readonly allocations: number;
  readonly datagrams: number;
  /** Payload bytes. */
  readonly bytes: number;
  /** Allocations that were still there when the edge was stopped, or a worker of it died. */
  readonly cutOff: number;
}

/** Tells log and metrics what happens: one line per allocation at its end, reasons as counters, nothing per packet. */
export class Reporter {
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #startedAt: Millis;
  #allocations = 0;
  readonly #side: ((local: TransportAddress) => Side) | undefined;
  #cutOff = 0;

  /** `sideOf`: for an edge with two sides. */
  constructor(log: Logger, metrics: Metrics, now: Millis, sideOf?: (local: TransportAddress) => Side) {
    this.#side = sideOf;
    this.#log = log;
    this.#metrics = metrics;
    this.#startedAt = now;
  }

  allocationEnded(record: AllocationRecord, { toPeers, toClients }: RelayTraffic): void {
    this.#allocations++;
    if (record.reason === 'stopped') this.#cutOff++;
    this.#metrics.allocationEnded(record);
    if (!this.#log.isLevelEnabled('info')) return;
    this.#log.info(
      {
        user: record.user,
        transport: record.transport,
        client: formatAddress(record.client),
        ...this.#sideOf(record),
        relays: record.relays.map(({ address }) => formatAddress(address)),
        seconds: Math.round((record.endedAt - record.startedAt) / 100) / 10,
        bytesToPeers: toPeers.bytes,
        bytesToClient: toClients.bytes,
        datagramsToPeers: toPeers.datagrams,
        datagramsToClient: toClients.datagrams,
        reason: record.reason,
      },
      'allocation ended',
    );
  }

  #sideOf({ local }: AllocationRecord): { readonly side?: Side } {
    return this.#side === undefined ? {} : { side: this.#side(local) };
  }

  refused({ refusal, peer, rule }: Extract<Effect, { do: 'count-refusal' }>): void {
    this.#metrics.refused(refusal);
    if (!this.#log.isLevelEnabled('debug')) return;
    const details = { ...(peer && { peer: formatAddress(peer) }), ...(rule !== undefined && { rule }) };
    this.#log.debug({ refusal, ...details }, 'refused');
  }

  connectionEnded(why: ConnectionEnd): void {
    this.#metrics.connectionEnded(why);
    this.#log.debug({ why }, 'connection ended');
  }

  /** As it would be if all ended now, with so many allocations open. */
  summary({ relayedToClients: down, relayedToPeers: up }: Counters, open: number, now: Millis): Summary {
    return {
      uptimeSeconds: Math.round((now - this.#startedAt) / 1000),
      allocations: this.#allocations + open,
      datagrams: up.datagrams + down.datagrams,
      bytes: up.bytes + down.bytes,
      cutOff: this.#cutOff + open,
    };
  }

  stopped(counters: Counters, now: Millis): Summary {
    const summary = this.summary(counters, 0, now);
    this.#log.info(summary, 'stopped');
    return summary;
  }
}

/** What several processes did, one after the other or at the same time. */
export function sumOf(summaries: readonly Summary[], uptimeSeconds = 0): Summary {
  const sum = (of: (summary: Summary) => number) => summaries.reduce((so, one) => so + of(one), 0);
  return {
    uptimeSeconds,
    allocations: sum(s => s.allocations),
    datagrams: sum(s => s.datagrams),
    bytes: sum(s => s.bytes),
    cutOff: sum(s => s.cutOff),
  };
}
