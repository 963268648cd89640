import { randomBytes } from 'node:crypto';
import { type Config, Metrics, textOfAll } from '../../control/index.ts';
import {
  type Credentials,
  type FirstUse,
  type IceHost,
  type IceServer,
  iceServers,
  type MediaRelay,
  type MintedCredential,
  mediaRelays,
  type TurnRestAnswer,
  turnRest,
} from '../../credentials/index.ts';
import { DROP_REASONS } from '../../dataplane/index.ts';
import type { Native } from '../../native/index.ts';
import { formatAddress, type TransportAddress } from '../../wire/index.ts';
import { type EdgeAdmin, openAdmin } from '../admin.ts';
import { type Certificate, certificateFrom, selfSignedCertificate, watchCertificate } from '../certificate.ts';
import { clock } from '../clock.ts';
import type { Ports } from '../edge.ts';
import { addressesToldFrom, credentialsFrom, quotasFrom } from '../from-config.ts';
import { socketsOf } from '../listeners/listeners.ts';
import type { Logger } from '../log.ts';
import { mintTokenWith, mintWith } from '../mint.ts';
import type { Summary } from '../reporter.ts';
import type { Readiness } from '../self-test.ts';
import { processFigures, version } from '../system.ts';
import { iceHosts } from '../ways-in.ts';
import { Arbiter } from './arbiter.ts';
import type { QuotaDeeds, ReservationChange, StartOrder, ToWorker } from './messages.ts';
import { closeShared, openShared, type SharedSocket } from './shared-sockets.ts';
import { shareOf } from './shares.ts';
import { WorkerSeat } from './worker-seat.ts';

export interface SupervisorOptions {
  readonly log: Logger;
  readonly native: Native;
  readonly workers: number;
  /** How often certificate files are looked at. */
  readonly certificateCheckMillis?: number;
}

const CERTIFICATE_CHECK_MILLIS = 5_000;
/** Workers that have not closed by then are ended. */
const STOP_MILLIS = 5_000;

/**
 * An edge of several processes. It holds every listening socket and no packet: workers do the work, each a whole edge, and what they
 * must agree on (quotas, first uses, certificate, nonce key) and what the operator asks (admin, metrics, health) is here.
 */
export class Supervisor {
  readonly #config: Config;
  readonly #options: SupervisorOptions;
  readonly #log: Logger;
  readonly #credentials: Credentials;
  readonly #metrics: Metrics;
  readonly #arbiter: Arbiter;
  readonly #seats: WorkerSeat[] = [];
  readonly #nonceKey = randomBytes(32);
  readonly #startedAt = clock.now();
  #certificate!: Certificate;
  #sockets: SharedSocket[] = [];
  #admin: EdgeAdmin | undefined;
  #stopWatching: () => void = () => {};
  #closing: Promise<Summary> | undefined;

  /** Opens every listener and starts every worker or, throwing an OperatorError, nothing. */
  static async start(config: Config, options: SupervisorOptions): Promise<Supervisor> {
    const supervisor = new Supervisor(config, options);
    try {
      await supervisor.#open();
      return supervisor;
    } catch (error) {
      await supervisor.close();
      throw error;
    }
  }

  private constructor(config: Config, options: SupervisorOptions) {
    this.#config = config;
    this.#options = options;
    this.#log = options.log;
    this.#credentials = credentialsFrom(config);
    this.#arbiter = new Arbiter(quotasFrom(config));
    this.#metrics = this.#ownMetrics();
  }

  get ports(): Ports {
    const of = (transport: 'udp' | 'tcp') => this.#listeners(transport).map(({ port }) => port);
    return { udp: of('udp'), tcp: of('tcp'), admin: this.#admin?.endpoint.port };
  }

  get adminUrl(): string | undefined {
    return this.#admin?.url;
  }

  get callPage(): string | undefined {
    return this.#admin?.callPage;
  }

  mint(user: string, lifetimeSeconds?: number): MintedCredential {
    return mintWith(this.#credentials, user, lifetimeSeconds);
  }

  /** The same for a client of the Microsoft dialect: a relay token, as the base64 text such clients are configured with. */
  mintRelayToken(user: string, lifetimeSeconds?: number): MintedCredential {
    return mintTokenWith(this.#credentials, user, lifetimeSeconds);
  }

  /** Where clients of the Microsoft dialect reach the workers. */
  mediaRelays(): MediaRelay[] {
    return mediaRelays(this.#hosts());
  }

  iceServers(minted: MintedCredential): IceServer[] {
    return iceServers(minted, this.#hosts());
  }

  turnRest(minted: MintedCredential): TurnRestAnswer {
    return turnRest(minted, this.#hosts());
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
    const { tls } = this.#config;
    if (tls !== undefined) this.#renew(tls);
  }

  /** Has every worker end its allocations and go, and closes every port. May be called again. */
  close(): Promise<Summary> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(): Promise<void> {
    const { tls, admin, external } = this.#config;
    const { native, workers } = this.#options;
    this.#certificate = tls ? certificateFrom(tls) : await selfSignedCertificate(addressesToldFrom(this.#config));
    this.#sockets = openShared(native, socketsOf(external), workers);
    if (admin !== undefined) this.#admin = await openAdmin(this, admin, this.#metrics, this.#log);
    for (let number = 1; number <= workers; number++) this.#seats.push(this.#seat(number));
    await Promise.all(this.#seats.map(seat => seat.start()));
    const every = this.#options.certificateCheckMillis ?? CERTIFICATE_CHECK_MILLIS;
    if (tls !== undefined) this.#stopWatching = watchCertificate(tls, every, () => this.#renew(tls));
    this.#sayStarted();
  }

  async #close(): Promise<Summary> {
    this.#stopWatching();
    const [summaries] = await Promise.all([
      Promise.all(this.#seats.map(seat => seat.stop(STOP_MILLIS))),
      this.#admin?.close(),
    ]);
    closeShared(this.#options.native, this.#sockets);
    const uptimeSeconds = Math.round((clock.now() - this.#startedAt) / 1000);
    const summary = total(uptimeSeconds, summaries);
    this.#log.info(summary, 'stopped');
    return summary;
  }

  #seat(number: number): WorkerSeat {
    const descriptors = this.#sockets.map(socket => socket.descriptors[number - 1]!);
    const events = {
      order: () => this.#order(number),
      onQuotas: (deeds: QuotaDeeds) => this.#settle(seat, deeds),
      onFirstUses: (uses: readonly FirstUse[]) => this.#learn(seat, uses),
      onReservation: (change: ReservationChange) => this.#tellOthers(seat, { do: 'learn-reservation', change }),
      onGone: () => this.#arbiter.forget(number),
    };
    const seat: WorkerSeat = new WorkerSeat(number, descriptors, events, this.#log);
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
      pem: this.#certificate.pem,
      selfSigned: this.#certificate.selfSigned,
      firstUses: this.#credentials.firstUses(),
    };
  }

  #settle(seat: WorkerSeat, deeds: QuotaDeeds): void {
    const verdicts = this.#arbiter.settle(seat.number, deeds);
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

  #renew(files: { readonly certificate: string; readonly key: string }): void {
    try {
      this.#certificate = certificateFrom(files);
    } catch (error) {
      this.#log.error({ reason: (error as Error).message }, 'the new certificate is unusable: the old one stays');
      return;
    }
    const { pem, selfSigned, notAfter } = this.#certificate;
    for (const seat of this.#seats) seat.send({ do: 'use-certificate', pem, selfSigned });
    this.#log.info({ certificate: files.certificate, notAfter }, 'certificate renewed');
  }

  #listeners(wanted: 'udp' | 'tcp'): TransportAddress[] {
    return this.#sockets.filter(({ transport }) => transport === wanted).map(({ address }) => address);
  }

  #hosts(): IceHost[] {
    const open = { udp: this.#listeners('udp'), tcp: this.#listeners('tcp') };
    return iceHosts(this.#config.external.addresses, open, this.#certificate.name);
  }

  /** What the supervisor itself has to tell: no traffic, but what the admin API did. */
  #ownMetrics(): Metrics {
    const none = { datagrams: 0, bytes: 0 };
    const drops = Object.fromEntries(DROP_REASONS.map(reason => [reason, 0])) as Record<
      (typeof DROP_REASONS)[number],
      number
    >;
    return new Metrics({
      version,
      nodeVersion: process.version,
      engine: 'mmsg',
      traffic: () => ({ drops, receivedDatagrams: 0, relayedToPeers: none, relayedToClients: none, relayedAcross: none }),
      allocations: () => 0,
      connections: () => ({ tcp: 0, tls: 0 }),
      relayPorts: () => ({ used: 0, size: 0 }),
      certificateExpiresAt: () => this.#certificate.notAfter.getTime(),
      workers: () => ({
        serving: this.#seats.filter(seat => seat.isServing).length,
        restarts: this.#seats.reduce((sum, seat) => sum + seat.restarts, 0),
      }),
      process: processFigures,
    });
  }

  #sayStarted(): void {
    const [udp, tcp] = [this.#listeners('udp'), this.#listeners('tcp')];
    const { fingerprint, selfSigned } = this.#certificate;
    if (selfSigned && tcp.length > 0) {
      this.#log.warn(
        { fingerprint },
        'TLS uses a self-signed certificate made at this start: browsers refuse it; name your own under tls',
      );
    }
    const { workers } = this.#options;
    this.#log.info(
      { version, workers, udp: udp.map(formatAddress), tcp: tcp.map(formatAddress), admin: this.adminUrl },
      'started',
    );
  }
}

function total(uptimeSeconds: number, summaries: readonly (Summary | undefined)[]): Summary {
  const sum = (of: (summary: Summary) => number) =>
    summaries.reduce((so, one) => so + (one === undefined ? 0 : of(one)), 0);
  return {
    uptimeSeconds,
    allocations: sum(s => s.allocations),
    datagrams: sum(s => s.datagrams),
    bytes: sum(s => s.bytes),
    cutOff: sum(s => s.cutOff),
  };
}
