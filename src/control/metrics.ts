import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Counters } from '../dataplane/index.ts';
import { type EndReason, REFUSALS, type Refusal } from '../turn/index.ts';
import type { Millis, Transport } from '../wire/index.ts';
import { ADMIN_REFUSALS, type AdminRefusal } from './admin-events.ts';
import { ReasonCounts } from './reason-counts.ts';

/** Where the numbers come from. Read when somebody asks for the metrics, never pushed per packet. */
export interface MetricSources {
  readonly version: string;
  readonly nodeVersion: string;
  readonly engine: string;
  traffic(): Counters;
  allocations(): number;
  connections(): Readonly<Record<'tcp' | 'tls', number>>;
  relayPorts(): { readonly used: number; readonly size: number };
  /** When the TLS certificate in use ends; undefined without one. */
  certificateExpiresAt(): Millis | undefined;
  process(): ProcessFigures;
}

export interface ProcessFigures {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly cpuUserSeconds: number;
  readonly cpuSystemSeconds: number;
  readonly startedAt: Millis;
}

const END_REASONS = [
  'refreshed-to-zero',
  'expired',
  'credential-expired',
  'client-closed',
  'stopped',
  'killed',
] as const satisfies readonly EndReason[];
/** Why a TCP or TLS connection was refused or ended. */
export const CONNECTION_ENDS = [
  'total-connections',
  'prefix-connections',
  'prefix-handshakes',
  'hello-timeout', // no first bytes in time, or a TLS handshake that did not end
  'gone-early',
  'unknown-protocol', // neither TLS nor STUN
  'tls-handshake',
  'no-first-message',
  'no-allocation', // talked, but got no allocation in time
  'bad-frame', // neither STUN nor ChannelData any more, or too long
  'client-closed',
  'socket-error',
  'edge-closed',
] as const;
export type ConnectionEnd = (typeof CONNECTION_ENDS)[number];
const TRANSPORTS = ['udp', 'tcp', 'tls'] as const satisfies readonly Transport[];
/** Calls last minutes to hours; anything under a second failed. */
const DURATION_BUCKETS = [1, 10, 60, 300, 600, 1800, 3600, 7200, 14_400, 28_800];

/**
 * The edge's numbers in Prometheus' text format. One registry each, so two edges in one process don't meet. Every label has a
 * closed set of values: nothing that strangers choose becomes one.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #sources: MetricSources;
  readonly #refusals = new ReasonCounts(Object.keys(REFUSALS) as Refusal[]);
  readonly #connectionEnds = new ReasonCounts(CONNECTION_ENDS);
  readonly #adminRefusals = new ReasonCounts(ADMIN_REFUSALS);
  readonly #ended: Counter<'reason' | 'transport'>;
  readonly #seconds: Histogram;
  readonly #minted: Counter;

  constructor(sources: MetricSources) {
    this.#sources = sources;
    const registers = [this.#registry];
    this.#ended = new Counter({
      name: 'sallyport_allocations_ended_total',
      help: 'Allocations that ended, by reason and by how the client reached us.',
      labelNames: ['reason', 'transport'],
      registers,
    });
    for (const reason of END_REASONS) for (const transport of TRANSPORTS) this.#ended.inc({ reason, transport }, 0);
    this.#seconds = new Histogram({
      name: 'sallyport_allocation_seconds',
      help: 'How long allocations lasted.',
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#minted = new Counter({
      name: 'sallyport_credentials_minted_total',
      help: 'Credentials minted over the admin API.',
      registers,
    });
    this.#refusalCounters();
    this.#trafficCounters();
    this.#gauges();
    this.#processFigures();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** A request or message was refused. Cheap enough for a flood. */
  refused(reason: Refusal): void {
    this.#refusals.count(reason);
  }

  connectionEnded(reason: ConnectionEnd): void {
    this.#connectionEnds.count(reason);
  }

  adminRefused(reason: AdminRefusal): void {
    this.#adminRefusals.count(reason);
  }

  minted(): void {
    this.#minted.inc();
  }

  allocationEnded(ended: { reason: EndReason; transport: Transport; startedAt: Millis; endedAt: Millis }): void {
    this.#ended.inc({ reason: ended.reason, transport: ended.transport });
    this.#seconds.observe(Math.max(0, ended.endedAt - ended.startedAt) / 1000);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #refusalCounters(): void {
    this.#counter(
      'sallyport_refusals_total',
      'Requests and messages refused, by reason.',
      () => this.#refusals.all(),
      'reason',
    );
    this.#counter(
      'sallyport_connections_ended_total',
      'TCP and TLS connections that were refused or ended, by reason.',
      () => this.#connectionEnds.all(),
      'reason',
    );
    this.#counter(
      'sallyport_admin_refusals_total',
      'Admin API requests refused, by reason.',
      () => this.#adminRefusals.all(),
      'reason',
    );
  }

  #trafficCounters(): void {
    const traffic = () => this.#sources.traffic();
    const both = (unit: 'datagrams' | 'bytes') => ({
      'to-peer': traffic().relayedToPeers[unit],
      'to-client': traffic().relayedToClients[unit],
    });
    this.#counter(
      'sallyport_drops_total',
      'Datagrams that were not relayed, by reason.',
      () => traffic().drops,
      'reason',
    );
    this.#counter('sallyport_relayed_datagrams_total', 'Datagrams relayed.', () => both('datagrams'), 'direction');
    this.#counter(
      'sallyport_relayed_bytes_total',
      'Payload bytes relayed, without headers.',
      () => both('bytes'),
      'direction',
    );
    this.#counter(
      'sallyport_received_datagrams_total',
      'Datagrams and frames received.',
      () => traffic().receivedDatagrams,
    );
  }

  #gauges(): void {
    const sources = this.#sources;
    this.#gauge('sallyport_allocations', 'Allocations now.', () => sources.allocations());
    this.#gauge('sallyport_connections', 'TCP and TLS connections now.', () => sources.connections(), 'transport');
    this.#gauge('sallyport_relay_ports_used', 'Relay ports in use.', () => sources.relayPorts().used);
    this.#gauge('sallyport_relay_ports_size', 'Relay ports there are.', () => sources.relayPorts().size);
    this.#gauge('sallyport_certificate_expiry_timestamp_seconds', 'When the TLS certificate in use ends.', () => {
      const at = sources.certificateExpiresAt();
      return at === undefined ? undefined : at / 1000;
    });
    const { version, nodeVersion: node, engine } = sources;
    new Gauge({
      name: 'sallyport_build_info',
      help: 'Always 1; the labels say what runs.',
      labelNames: ['version', 'node', 'engine'],
      registers: [this.#registry],
    }).set({ version, node, engine }, 1);
  }

  #processFigures(): void {
    const figures = () => this.#sources.process();
    this.#gauge('process_resident_memory_bytes', 'Resident memory.', () => figures().residentBytes);
    this.#gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', () => figures().heapUsedBytes);
    this.#gauge('process_start_time_seconds', 'When the process started.', () => figures().startedAt / 1000);
    this.#counter('process_cpu_seconds_total', 'CPU time used, user and system.', () => {
      const { cpuUserSeconds, cpuSystemSeconds } = figures();
      return cpuUserSeconds + cpuSystemSeconds;
    });
  }

  /** A counter that is kept elsewhere: set to what `read` says whenever the metrics are asked for. */
  #counter(name: string, help: string, read: () => Reading, label?: string): void {
    new Counter({
      ...{ name, help, labelNames: label === undefined ? [] : [label], registers: [this.#registry] },
      collect() {
        this.reset();
        for (const { labels, value } of series(read(), label)) this.inc(labels, value);
      },
    });
  }

  #gauge(name: string, help: string, read: () => Reading, label?: string): void {
    new Gauge({
      ...{ name, help, labelNames: label === undefined ? [] : [label], registers: [this.#registry] },
      collect() {
        this.reset();
        if (label === undefined) this.remove({}); // a gauge without a reading is absent, not 0
        for (const { labels, value } of series(read(), label)) this.set(labels, value);
      },
    });
  }
}

/** One number, or one for each value of the label; undefined when there is none at present. */
type Reading = number | undefined | Readonly<Record<string, number>>;

function series(reading: Reading, label: string | undefined): { labels: Record<string, string>; value: number }[] {
  if (reading === undefined) return [];
  if (typeof reading === 'number') return [{ labels: {}, value: reading }];
  return Object.entries(reading).map(([name, value]) => ({
    labels: label === undefined ? {} : { [label]: name },
    value,
  }));
}
