import { Counter, Registry } from '@prometheus-io/client';
import { type AnswerTable, SIP_REFUSED, type SipCounts, type SipRefused } from '../../sip/index.ts';
import { SIP_FAULTS, type SipFault } from '../../wire/index.ts';
import type { Figures } from '../figures.ts';
import { type ProcessFigures, processMetrics } from '../process-metrics.ts';
import { ReasonCounts } from '../reason-counts.ts';
import { suppliedCounter, suppliedGauge } from '../supplied-metrics.ts';

const CONNECTION_REFUSALS = ['total-connections', 'prefix-connections', 'prefix-handshakes', 'tls-handshake'] as const;
const DIRECTORY_REFUSALS = ['directory-failed', 'directory-busy'] as const;
/** Why the Access Edge refused a message, a sign-in or a connection. */
export type AccessRefusal =
  | SipFault
  | SipRefused
  | (typeof CONNECTION_REFUSALS)[number]
  | (typeof DIRECTORY_REFUSALS)[number];
const GRANTED_BY = ['mras', 'https'] as const;

export interface AccessMetricSources {
  counts(): SipCounts;
  answers(): AnswerTable;
  /** Of a process that does nothing else; undefined where others tell of it. */
  readonly process: (() => ProcessFigures) | undefined;
}

/** The Access Edge's numbers. Every label has a closed set of values. */
export class AccessMetrics {
  readonly #registry = new Registry();
  readonly #refusals = new ReasonCounts<AccessRefusal>([
    ...(Object.keys(SIP_FAULTS) as SipFault[]),
    ...(Object.keys(SIP_REFUSED) as SipRefused[]),
    ...CONNECTION_REFUSALS,
    ...DIRECTORY_REFUSALS,
  ]);
  readonly #granted = new ReasonCounts(GRANTED_BY);

  constructor(sources: AccessMetricSources) {
    const registry = this.#registry;
    const gauge = (name: string, help: string, of: keyof SipCounts) =>
      suppliedGauge(registry, `sallyport_sip_${name}`, help, () => sources.counts()[of]);
    gauge('users', 'Users who are signed in.', 'users');
    gauge('registrations', 'Their devices.', 'bindings');
    gauge('flows', 'SIP connections now: of clients, and to servers.', 'flows');
    gauge('transactions', 'SIP transactions under way.', 'transactions');
    new Counter({
      name: 'sallyport_sip_requests_total',
      help: 'SIP requests that were answered for good, by method and class of status.',
      labelNames: ['method', 'status'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [method, status, count] of sources.answers()) this.inc({ method, status }, count);
      },
    });
    suppliedCounter(
      registry,
      'sallyport_sip_refusals_total',
      'SIP messages, sign-ins and connections refused, by reason.',
      () => this.#refusals.all(),
      'reason',
    );
    suppliedCounter(
      registry,
      'sallyport_sip_relay_credentials_total',
      'Credentials for the relay given to users: over MRAS, or over HTTPS.',
      () => this.#granted.all(),
      'by',
    );
    if (sources.process !== undefined) processMetrics(registry, sources.process);
  }

  refused(reason: AccessRefusal): void {
    this.#refusals.count(reason);
  }

  granted(by: (typeof GRANTED_BY)[number]): void {
    this.#granted.count(by);
  }

  async figures(): Promise<Figures> {
    const metrics = await this.#registry.getMetricsAsJSON();
    return metrics.map(({ name, help, type, aggregator, values }) => ({ name, help, type, aggregator, values }));
  }
}
