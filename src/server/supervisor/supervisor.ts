import { randomBytes } from 'node:crypto';
import type { AccessInfo } from '../../control/http/index.ts';
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
import { AccessSeat } from './access-seat.ts';
import { Arbiter } from './arbiter.ts';
import { CodeCache } from './code-cache.ts';
import type { QuotaDeeds, ReservationChange, StartOrder, ToWorker } from './messages.ts';
import { closeShared, openShared, type SharedSocket } from './shared-sockets.ts';
import { shareOf } from './shares.ts';
import { supervisorMetrics } from './supervisor-metrics.ts';
import { WORKER_MAIN } from './worker-process.ts';
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
  #access: AccessSeat | undefined;
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
        restarts: this.#seats.reduce((sum, seat) => sum + seat.restarts, this.#access?.restarts ?? 0),
      }),
      () => certificate.current.notAfter.getTime(),
    );
  }

  get ports(): Ports {
    return openPorts(this.#config, this.#listeners, this.#admin?.endpoint, this.#access?.endpoints);
  }

  get accessInfo(): AccessInfo | undefined {
    return this.#access?.info;
  }

  get adminUrl(): string | undefined {
    return this.#admin?.url;
  }

  get callPage(): string | undefined {
    return this.#admin?.callPage;
  }

  /** Ready when every worker is, by every way in. */
  async readiness(): Promise<Readiness> {
    const seats = this.#seats.map((seat, i) => ({ name: `worker ${i + 1}`, seat }));
    const others = this.#access === undefined ? [] : [{ name: 'access', seat: this.#access }];
    const asked = [...seats, ...others].map(async ({ name, seat }) => ({ name, said: await seat.readiness() }));
    const all = await Promise.all(asked);
    const checks = all.flatMap(({ name, said }) =>
      Object.entries(said.checks).map(([way, result]) => [`${name} ${way}`, result]),
    );
    return { ready: all.length > 0 && all.every(({ said }) => said.ready), checks: Object.fromEntries(checks) };
  }

  /** Those of all processes, added up. */
  async metrics(): Promise<string> {
    const seats = this.#access === undefined ? this.#seats : [...this.#seats, this.#access];
    const figures = await Promise.all(seats.map(seat => seat.figures()));
    return textOfAll([await this.#metrics.figures(), ...figures.flat()]);
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
    const { admin, access } = this.#config;
    const { native, workers, certificateCheckMillis } = this.#options;
    this.#sockets = openShared(native, socketsOf(this.#config), workers);
    if (access !== undefined) this.#access = this.#accessSeat(native);
    if (admin !== undefined) this.#admin = await openAdmin(this, admin, this.#metrics, this.#log);
    for (let number = 1; number <= workers; number++) this.#seats.push(this.#seat(number));
    await Promise.all([...this.#seats.map(seat => seat.start()), this.#access?.start()]);
    this.#certificate.watch(renewed => this.#presentEverywhere(renewed), certificateCheckMillis);
    this.#sayStarted();
  }

  async #close(): Promise<Summary> {
    this.#certificate.close();
    const [summaries] = await Promise.all([
      Promise.all(this.#seats.map(seat => seat.stop(STOP_MILLIS))),
      this.#access?.stop(STOP_MILLIS),
      this.#admin?.close(),
    ]);
    this.#codeCache.remove();
    closeShared(this.#options.native, this.#sockets);
    const uptimeSeconds = Math.round((clock.now() - this.#startedAt) / 1000);
    const summary = sumOf(summaries, uptimeSeconds);
    this.#log.info(summary, 'stopped');
    return summary;
  }

  #accessSeat(native: Native): AccessSeat {
    const means = {
      native,
      environment: this.#codeCache.environment,
      certificate: () => this.#certificate.current,
      relays: this.#listeners,
      pages: () => this.#admin?.origins ?? [],
    };
    return new AccessSeat(this.#config, means, this.#log);
  }

  #seat(number: number): WorkerSeat {
    const { environment } = this.#codeCache;
    const descriptors = this.#sockets.map(socket => socket.descriptors[number - 1]!);
    const events = {
      order: () => this.#order(number),
      onQuotas: (deeds: QuotaDeeds) => this.#settle(number, seat, deeds),
      onFirstUses: (uses: readonly FirstUse[]) => this.#learn(seat, uses),
      onReservation: (change: ReservationChange) => this.#tellOthers(seat, { do: 'learn-reservation', change }),
      onAccess() {},
      onGone: () => this.#arbiter.forget(number),
    };
    const occupant = { noun: 'worker', about: { worker: number }, lost: 'its allocations are lost' } as const;
    const means = { main: WORKER_MAIN, descriptors, environment };
    const seat: WorkerSeat = new WorkerSeat(occupant, means, events, this.#log);
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
      ownEndpoints: this.#ownEndpoints,
      nonceKey: this.#nonceKey.toString('base64'),
      pem: this.#certificate.current.pem,
      selfSigned: this.#certificate.current.selfSigned,
      firstUses: this.#credentials.firstUses(),
    };
  }

  #settle(number: number, seat: WorkerSeat, deeds: QuotaDeeds): void {
    const { verdicts, doubts } = this.#arbiter.settle(number, deeds);
    if (verdicts.length > 0) seat.send({ do: 'settle', verdicts });
    if (doubts.length > 0) setTimeout(() => this.#reconsider(number, seat, doubts), DOUBT_MILLIS).unref();
  }

  #reconsider(number: number, seat: WorkerSeat, doubts: readonly number[]): void {
    const verdicts = this.#arbiter.reconsider(number, doubts);
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

  #presentEverywhere(certificate: Certificate): void {
    const { pem, selfSigned } = certificate;
    for (const seat of this.#seats) seat.send({ do: 'use-certificate', pem, selfSigned });
    this.#access?.useCertificate(certificate);
  }

  /** Nothing that peers may reach. */
  get #ownEndpoints(): TransportAddress[] {
    const access = this.#access?.endpoints.map(({ address }) => address) ?? [];
    return this.#admin === undefined ? access : [this.#admin.endpoint, ...access];
  }

  get #listeners(): { readonly udp: TransportAddress[]; readonly tcp: TransportAddress[] } {
    const of = (wanted: 'udp' | 'tcp') =>
      this.#sockets.filter(({ transport }) => transport === wanted).map(({ address }) => address);
    return { udp: of('udp'), tcp: of('tcp') };
  }

  #sayStarted(): void {
    const { udp, tcp } = this.#listeners;
    if (tcp.length > 0 || this.#access !== undefined) this.#certificate.warnWhenSelfSigned();
    const { workers } = this.#options;
    this.#log.info(
      { version, workers, udp: udp.map(formatAddress), tcp: tcp.map(formatAddress), admin: this.adminUrl },
      'started',
    );
  }
}
