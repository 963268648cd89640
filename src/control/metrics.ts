import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Counters } from '../dataplane/index.ts';
import { type EndReason, REFUSALS, type Refusal } from '../turn/index.ts';
import type { Millis, Transport } from '../wire/index.ts';
import { ADMIN_REFUSALS, type AdminRefusal } from './admin-events.ts';
import type { Figures } from './figures.ts';
import { CONNECTION_ENDS, type ConnectionEnd, END_REASONS, TRANSPORTS } from './metric-labels.ts';
import { type ProcessFigures, processMetrics } from './process-metrics.ts';
import { ReasonCounts } from './reason-counts.ts';
import { suppliedCounter, suppliedGauge } from './supplied-metrics.ts';

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
  /** The processes that carry packets, and how often one had to be replaced. */
  workers(): { readonly serving: number; readonly restarts: number };
  process(): ProcessFigures;
}

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
    processMetrics(this.#registry, () => sources.process());
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

  /** The same as data, for `textOfAll`. */
  async figures(): Promise<Figures> {
    const metrics = await this.#registry.getMetricsAsJSON();
    return metrics.map(({ name, help, type, aggregator, values }) => ({ name, help, type, aggregator, values }));
  }

  #refusalCounters(): void {
    suppliedCounter(
      this.#registry,
      'sallyport_refusals_total',
      'Requests and messages refused, by reason.',
      () => this.#refusals.all(),
      'reason',
    );
    suppliedCounter(
      this.#registry,
      'sallyport_connections_ended_total',
      'TCP and TLS connections that were refused or ended, by reason.',
      () => this.#connectionEnds.all(),
      'reason',
    );
    suppliedCounter(
      this.#registry,
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
    suppliedCounter(
      this.#registry,
      'sallyport_drops_total',
      'Datagrams that were not relayed, by reason.',
      () => traffic().drops,
      'reason',
    );
    suppliedCounter(
      this.#registry,
      'sallyport_relayed_datagrams_total',
      'Datagrams relayed.',
      () => both('datagrams'),
      'direction',
    );
    suppliedCounter(
      this.#registry,
      'sallyport_relayed_bytes_total',
      'Payload bytes relayed, without headers.',
      () => both('bytes'),
      'direction',
    );
    suppliedCounter(
      this.#registry,
      'sallyport_relayed_across_datagrams_total',
      'Datagrams that went from one relay of this edge to another without a socket; among those relayed.',
      () => traffic().relayedAcross.datagrams,
    );
    suppliedCounter(
      this.#registry,
      'sallyport_received_datagrams_total',
      'Datagrams and frames received.',
      () => traffic().receivedDatagrams,
    );
  }

  #gauges(): void {
    const sources = this.#sources;
    suppliedGauge(this.#registry, 'sallyport_allocations', 'Allocations now.', () => sources.allocations());
    suppliedGauge(
      this.#registry,
      'sallyport_connections',
      'TCP and TLS connections now.',
      () => sources.connections(),
      'transport',
    );
    suppliedGauge(this.#registry, 'sallyport_relay_ports_used', 'Relay ports in use.', () => sources.relayPorts().used);
    suppliedGauge(
      this.#registry,
      'sallyport_relay_ports_size',
      'Relay ports there are.',
      () => sources.relayPorts().size,
    );
    suppliedGauge(
      this.#registry,
      'sallyport_certificate_expiry_timestamp_seconds',
      'When the TLS certificate in use ends.',
      () => {
        const at = sources.certificateExpiresAt();
        return at === undefined ? undefined : at / 1000;
      },
      undefined,
      'min',
    );
    suppliedGauge(
      this.#registry,
      'sallyport_workers',
      'Processes that serve clients.',
      () => sources.workers().serving,
    );
    suppliedCounter(
      this.#registry,
      'sallyport_worker_restarts_total',
      'Workers that died and were replaced.',
      () => sources.workers().restarts,
    );
    const { version, nodeVersion: node, engine } = sources;
    new Gauge({
      aggregator: 'first',
      name: 'sallyport_build_info',
      help: 'Always 1; the labels say what runs.',
      labelNames: ['version', 'node', 'engine'],
      registers: [this.#registry],
    }).set({ version, node, engine }, 1);
  }
}
