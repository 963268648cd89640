import { randomBytes } from 'node:crypto';
import { type Config, type Metrics, textOfAll } from '../../control/index.ts';
import type { Credentials, FirstUse } from '../../credentials/index.ts';
import type { Native } from '../../native/index.ts';
import { formatAddress, type TransportAddress } from '../../wire/index.ts';
import { type EdgeAdmin, openAdmin } from '../admin.ts';
import type { Certificate } from '../certificate.ts';
import { CertificateKeeper } from '../certificate-keeper.ts';
import { clock } from '../clock.ts';
import { credentialsFrom, quotasFrom } from '../from-config.ts';
import { socketsOf } from '../listeners/listeners.ts';
import type { Logger } from '../log.ts';
import { Minter } from '../minter.ts';
import { openPorts, type Ports } from '../open-ports.ts';
import { type Summary, sumOf } from '../reporter.ts';
import { sayDoubts } from '../say-doubts.ts';
import type { Readiness } from '../self-test.ts';
import { addressesOf, sideNames } from '../sides.ts';
import { version } from '../system.ts';
import { iceHosts } from '../ways-in.ts';
import { Arbiter } from './arbiter.ts';
import { CodeCache } from './code-cache.ts';
import type { QuotaDeeds, ReservationChange, StartOrder, ToWorker } from './messages.ts';
import { closeShared, openShared, type SharedSocket } from './shared-sockets.ts';
import { shareOf } from './shares.ts';
import { supervisorMetrics } from './supervisor-metrics.ts';
import { WorkerSeat } from './worker-seat.ts';

export interface SupervisorOptions {
  readonly log: Logger;
  readonly native: Native;
  readonly workers: number;
  /** How often certificate files are looked at. */
  readonly certificateCheckMillis?: number;
}

/** Workers that have not closed by then are ended. */
const STOP_MILLIS = 5_000;
/** Nobody is refused for a full quota sooner: what another worker gives back takes a moment to be heard of. */
const DOUBT_MILLIS = 50;

/**
 * An edge of several processes. It holds every listening socket and no packet: workers do the work, each a whole edge, and what they
 * must agree on (quotas, first uses, certificate, nonce key) and what the operator asks (admin, metrics, health) is here.
 */
export class Supervisor {
  readonly minter: Minter;
  readonly #config: Config;
  readonly #options: SupervisorOptions;
  readonly #log: Logger;
  readonly #credentials: Credentials;
  readonly #metrics: Metrics;
  readonly #arbiter: Arbiter;
  readonly #seats: WorkerSeat[] = [];
  readonly #codeCache = new CodeCache();
  readonly #nonceKey = randomBytes(32);
  readonly #startedAt = clock.now();
  readonly #certificate: CertificateKeeper;
  #sockets: SharedSocket[] = [];
  #admin: EdgeAdmin | undefined;
  #closing: Promise<Summary> | undefined;

  /** Opens every listener and starts every worker or, throwing an OperatorError, nothing. */
  static async start(config: Config, options: SupervisorOptions): Promise<Supervisor> {
    sayDoubts(config, options.log);
    const certificate = await CertificateKeeper.open(config, options.log);
    const supervisor = new Supervisor(config, certificate, options);
    try {
      await supervisor.#open();
      return supervisor;
    } catch (error) {
      await supervisor.close();
      throw error;
    }
  }

  private constructor(config: Config, certificate: CertificateKeeper, options: SupervisorOptions) {
    this.#config = config;
    this.#certificate = certificate;
    this.#options = options;
    this.#log = options.log;
    this.#credentials = credentialsFrom(config);
    this.minter = new Minter(this.#credentials, sideNames(config), side =>
      iceHosts(addressesOf(config, side), this.#listeners, certificate.current.name),
    );
    this.#arbiter = new Arbiter(quotasFrom(config));
    this.#metrics = supervisorMetrics(
      () => ({
        serving: this.#seats.filter(seat => seat.isServing).length,
        restarts: this.#seats.reduce((sum, seat) => sum + seat.restarts, 0),
      }),
      () => certificate.current.notAfter.getTime(),
    );
  }

  get ports(): Ports {
    return openPorts(this.#config, this.#listeners, this.#admin?.endpoint);
  }

  get adminUrl(): string | undefined {
    return this.#admin?.url;
  }

  get callPage(): string | undefined {
    return this.#admin?.callPage;
  }

  /** Ready when every worker is, by every way in. */
  async readiness(): Promise<Readiness> {
    const all = await Promise.all(this.#seats.map(async seat => ({ seat, said: await seat.readiness() })));
    const checks = all.flatMap(({ seat, said }) =>
      Object.entries(said.checks).map(([way, result]) => [`worker ${seat.number} ${way}`, result]),
    );
    return { ready: all.length > 0 && all.every(({ said }) => said.ready), checks: Object.fromEntries(checks) };
  }

  /** Those of all processes, added up. */
  async metrics(): Promise<string> {
    const workers = await Promise.all(this.#seats.map(seat => seat.figures()));
    return textOfAll([await this.#metrics.figures(), ...workers.flat()]);
  }

  /** Reads the certificate files again, now. Nothing else of a configuration is read while an edge runs. */
  reloadCertificate(): void {
    this.#certificate.reload();
  }

  /** Has every worker end its allocations and go, and closes every port. May be called again. */
  close(): Promise<Summary> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(): Promise<void> {
    const { admin } = this.#config;
    const { native, workers, certificateCheckMillis } = this.#options;
    this.#sockets = openShared(native, socketsOf(this.#config), workers);
    if (admin !== undefined) this.#admin = await openAdmin(this, admin, this.#metrics, this.#log);
    for (let number = 1; number <= workers; number++) this.#seats.push(this.#seat(number));
    await Promise.all(this.#seats.map(seat => seat.start()));
    this.#certificate.watch(renewed => this.#presentEverywhere(renewed), certificateCheckMillis);
    this.#sayStarted();
  }

  async #close(): Promise<Summary> {
    this.#certificate.close();
    const [summaries] = await Promise.all([
      Promise.all(this.#seats.map(seat => seat.stop(STOP_MILLIS))),
      this.#admin?.close(),
    ]);
    this.#codeCache.remove();
    closeShared(this.#options.native, this.#sockets);
    const uptimeSeconds = Math.round((clock.now() - this.#startedAt) / 1000);
    const summary = sumOf(summaries, uptimeSeconds);
    this.#log.info(summary, 'stopped');
    return summary;
  }

  #seat(number: number): WorkerSeat {
    const { environment } = this.#codeCache;
    const descriptors = this.#sockets.map(socket => socket.descriptors[number - 1]!);
    const events = {
      order: () => this.#order(number),
      onQuotas: (deeds: QuotaDeeds) => this.#settle(seat, deeds),
      onFirstUses: (uses: readonly FirstUse[]) => this.#learn(seat, uses),
      onReservation: (change: ReservationChange) => this.#tellOthers(seat, { do: 'learn-reservation', change }),
      onGone: () => this.#arbiter.forget(number),
    };
    const seat: WorkerSeat = new WorkerSeat(number, { descriptors, environment }, events, this.#log);
    return seat;
  }

  #order(worker: number): StartOrder {
    const { workers } = this.#options;
    return {
      worker,
      workers,
      relayPorts: this.#config.relayPorts,
      config: shareOf(this.#config, worker, workers),
      sockets: this.#sockets.map(({ transport, address }) => ({ transport, address })),
      ownEndpoints: this.#admin ? [this.#admin.endpoint] : [],
      nonceKey: this.#nonceKey.toString('base64'),
      pem: this.#certificate.current.pem,
      selfSigned: this.#certificate.current.selfSigned,
      firstUses: this.#credentials.firstUses(),
    };
  }

  #settle(seat: WorkerSeat, deeds: QuotaDeeds): void {
    const { verdicts, doubts } = this.#arbiter.settle(seat.number, deeds);
    if (verdicts.length > 0) seat.send({ do: 'settle', verdicts });
    if (doubts.length > 0) setTimeout(() => this.#reconsider(seat, doubts), DOUBT_MILLIS).unref();
  }

  #reconsider(seat: WorkerSeat, doubts: readonly number[]): void {
    const verdicts = this.#arbiter.reconsider(seat.number, doubts);
    if (verdicts.length > 0) seat.send({ do: 'settle', verdicts });
  }

  /** Kept for workers to come, and passed on to all others. */
  #learn(from: WorkerSeat, uses: readonly FirstUse[]): void {
    for (const use of uses) this.#credentials.learn(use, clock.wall());
    this.#tellOthers(from, { do: 'learn', uses });
  }

  #tellOthers(from: WorkerSeat, message: ToWorker): void {
    for (const seat of this.#seats) if (seat !== from) seat.send(message);
  }

  #presentEverywhere({ pem, selfSigned }: Certificate): void {
    for (const seat of this.#seats) seat.send({ do: 'use-certificate', pem, selfSigned });
  }

  get #listeners(): { readonly udp: TransportAddress[]; readonly tcp: TransportAddress[] } {
    const of = (wanted: 'udp' | 'tcp') =>
      this.#sockets.filter(({ transport }) => transport === wanted).map(({ address }) => address);
    return { udp: of('udp'), tcp: of('tcp') };
  }

  #sayStarted(): void {
    const { udp, tcp } = this.#listeners;
    if (tcp.length > 0) this.#certificate.warnWhenSelfSigned();
    const { workers } = this.#options;
    this.#log.info(
      { version, workers, udp: udp.map(formatAddress), tcp: tcp.map(formatAddress), admin: this.adminUrl },
      'started',
    );
  }
}
