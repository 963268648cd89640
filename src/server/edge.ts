import { type Config, type Figures, Metrics } from '../control/index.ts';
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
} from '../credentials/index.ts';
import type { OwnRelays, RelayTraffic, SocketEngine, Upcalls } from '../dataplane/index.ts';
import { type AllocationRecord, type Effect, type Reservation, TurnServer } from '../turn/index.ts';
import { copyOf, formatAddress, type OwnAddresses, type RelayAddress, type RelayId, type TransportAddress } from '../wire/index.ts';
import { type EdgeAdmin, openAdmin } from './admin.ts';
import { type AllocationQuotas, quotasAtHand } from './allocation-quotas.ts';
import { type Certificate, certificateFrom, selfSignedCertificate, watchCertificate } from './certificate.ts';
import { clock } from './clock.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import {
  addressesToldFrom,
  answerBudgetFrom,
  connectionBudgetFrom,
  credentialsFrom,
  ownAddressesFrom,
  ownRelaysFrom,
  peerFilterFrom,
  quotasFrom,
  turnSettingsFrom,
} from './from-config.ts';
import { Listeners, type StreamDeadlines, socketsOf } from './listeners/listeners.ts';
import type { Logger } from './log.ts';
import { makeEngine } from './make-engine.ts';
import { mintTokenWith, mintWith } from './mint.ts';
import { allowOpenFiles } from './open-files.ts';
import { Performer } from './perform.ts';
import { questionsOf } from './questions.ts';
import { Reporter, type Summary } from './reporter.ts';
import type { Seat } from './seat.ts';
import { type Readiness, SelfTest } from './self-test.ts';
import { processFigures, version } from './system.ts';
import { iceHosts, waysIn } from './ways-in.ts';

export interface EdgeOptions {
  readonly log: Logger;
  /** How often certificate files are looked at. */
  readonly certificateCheckMillis?: number;
  /** How long TCP and TLS clients may take to say who they are and to get an allocation. */
  readonly streamDeadlines?: StreamDeadlines;
  /** For a worker: what its supervisor gives it. */
  readonly seat?: Seat;
}

/** The ports that are really open: what the config says, and what the system gave for 0. */
export interface Ports {
  readonly udp: readonly number[];
  readonly tcp: readonly number[];
  readonly admin: number | undefined;
}

const CERTIFICATE_CHECK_MILLIS = 5_000;

/** One edge: everything that the other folders make, joined. Nothing here is shared, so two edges in one process do not meet. */
export class Edge {
  readonly #config: Config;
  readonly #seat: Seat | undefined;
  readonly #quotas: AllocationQuotas;
  readonly #log: Logger;
  readonly #engine: SocketEngine;
  readonly #listeners: Listeners;
  readonly #performer: Performer;
  readonly #metrics: Metrics;
  readonly #reporter: Reporter;
  readonly #credentials: Credentials;
  readonly #own: OwnAddresses;
  readonly #selfTest: SelfTest;
  readonly #timer: DeadlineTimer;
  readonly #connections = { tcp: 0, tls: 0 };
  #certificate: Certificate | undefined;
  #stopWatching: () => void = () => {};
  /** Made last, when every port is known: until then nobody is answered. */
  #turn: TurnServer | undefined;
  #admin: EdgeAdmin | undefined;
  #closing: Promise<Summary> | undefined;

  /** Opens every listener or, throwing an OperatorError, none. */
  static async start(config: Config, options: EdgeOptions): Promise<Edge> {
    allowOpenFiles(config, options.log);
    const edge = new Edge(config, options);
    try {
      await edge.#open(options.certificateCheckMillis ?? CERTIFICATE_CHECK_MILLIS);
      return edge;
    } catch (error) {
      await edge.close();
      throw error;
    }
  }

  private constructor(config: Config, { log, streamDeadlines, seat }: EdgeOptions) {
    this.#config = config;
    this.#seat = seat;
    this.#quotas = seat?.quotas ?? quotasAtHand(quotasFrom(config));
    this.#log = log;
    this.#own = ownAddressesFrom(config);
    this.#selfTest = new SelfTest(() => waysIn(this.#listeners), clock.now, this.#own, seat?.workers);
    this.#credentials = credentialsFrom(config, seat?.onFirstUse);
    this.#engine = makeEngine(config, this.#upcalls(), this.#ownRelays(), log);
    this.#listeners = new Listeners(this.#engine, streamDeadlines);
    this.#timer = new DeadlineTimer(clock.now, () => this.#turnDid(this.#turn?.onDeadline(clock.now())));
    this.#performer = new Performer(this.#engine, {
      onRefusal: effect => this.#reporter.refused(effect),
      onAllocationEnded: (record, traffic) => this.#onAllocationEnded(record, traffic),
      onLastRelayClosed: client => this.#listeners.streamOf(client)?.onAllocationEnded(),
    });
    this.#metrics = new Metrics({
      version,
      nodeVersion: process.version,
      engine: this.#engine.name,
      traffic: () => this.#engine.counters(),
      allocations: () => this.#turn?.counts().allocations ?? 0,
      connections: () => this.#connections,
      relayPorts: () => this.#relayPorts(),
      certificateExpiresAt: () => this.#certificate?.notAfter.getTime(),
      // A worker is counted by its supervisor.
      workers: () => ({ serving: seat === undefined ? 1 : 0, restarts: 0 }),
      process: processFigures,
    });
    this.#reporter = new Reporter(log, this.#metrics, clock.now());
  }

  get ports(): Ports {
    const { udp, tcp } = this.#listeners;
    return { udp: udp.map(a => a.port), tcp: tcp.map(a => a.port), admin: this.#admin?.endpoint.port };
  }

  /** Where the admin API and the call page are; undefined without an admin listener. */
  get adminUrl(): string | undefined {
    return this.#admin?.url;
  }

  /** The call page, ready to open: the token is in the fragment. Undefined without an admin listener or when the page is not built. */
  get callPage(): string | undefined {
    return this.#admin?.callPage;
  }

  /** The certificate that TLS listeners present. */
  get certificate(): Pick<Certificate, 'fingerprint' | 'notAfter' | 'selfSigned'> {
    return this.#certificate!;
  }

  /** A credential for a user, valid for at most 8 hours. Throws an OperatorError when there is no secret to make it with. */
  mint(user: string, lifetimeSeconds?: number): MintedCredential {
    return mintWith(this.#credentials, user, lifetimeSeconds);
  }

  /** The same for a client of the Microsoft dialect: a relay token, as the base64 text such clients are configured with. */
  mintRelayToken(user: string, lifetimeSeconds?: number): MintedCredential {
    return mintTokenWith(this.#credentials, user, lifetimeSeconds);
  }

  /** Where clients of the Microsoft dialect reach this edge. */
  mediaRelays(): MediaRelay[] {
    return mediaRelays(this.#hosts());
  }

  /** What a browser's RTCPeerConnection takes, for every way into this edge. */
  iceServers(minted: MintedCredential): IceServer[] {
    return iceServers(minted, this.#hosts());
  }

  turnRest(minted: MintedCredential): TurnRestAnswer {
    return turnRest(minted, this.#hosts());
  }

  /** Whether a datagram gets through, tried on every listener. */
  readiness(): Promise<Readiness> {
    return this.#selfTest.readiness();
  }

  /** Prometheus text. */
  metrics(): Promise<string> {
    return this.#metrics.text();
  }

  /** Reads the certificate files again, now. Nothing else of a configuration is read while an edge runs. */
  reloadCertificate(): void {
    const { tls } = this.#config;
    if (tls !== undefined) this.#renew(tls);
  }

  /** New TLS handshakes get this certificate. */
  useCertificate(certificate: Certificate): void {
    this.#certificate = certificate;
    this.#listeners.renewCertificate(certificate);
  }

  /** Another worker was the first to see this credential. */
  learn(use: FirstUse): void {
    this.#credentials.learn(use, clock.wall());
  }

  /** Another worker holds a port back under this token; without a reservation, one was claimed there. */
  learnReservation(token: Uint8Array, reservation: Reservation | undefined): void {
    if (reservation === undefined) this.#turnDid(this.#turn?.onReservationClaimedElsewhere(token));
    else this.#turnDid(this.#turn?.onReservationElsewhere(token, reservation, clock.now()) ?? []);
  }

  /** The metrics as data, to be added to those of other workers. */
  figures(): Promise<Figures> {
    return this.#metrics.figures();
  }

  /** Ends every allocation, closes every port. May be called again. */
  close(): Promise<Summary> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(certificateCheckMillis: number): Promise<void> {
    const { tls, admin } = this.#config;
    const sockets = this.#seat?.sockets ?? socketsOf(this.#config.external);
    this.#certificate = await this.#firstCertificate();
    await this.#listeners.open(sockets, this.#config, this.#certificate, connectionBudgetFrom(this.#config), {
      onClientGone: client => this.#turnDid(this.#turn?.onClientGone(client, clock.now())),
      onConnection: (transport, change) => {
        this.#connections[transport] += change;
      },
      onEnd: why => this.#reporter.connectionEnded(why),
    });
    if (admin !== undefined) this.#admin = await openAdmin(this, admin, this.#metrics, this.#log);
    const settings = turnSettingsFrom(this.#config, this.#engine, this.#seat?.nonceKey);
    this.#turn = new TurnServer(settings, this.#questions(), this.#engine, this.#seat?.reservations);
    if (tls !== undefined) this.#stopWatching = watchCertificate(tls, certificateCheckMillis, () => this.#renew(tls));
    this.#sayStarted();
  }

  async #close(): Promise<Summary> {
    this.#stopWatching();
    this.#timer.stop();
    this.#selfTest.close();
    if (this.#turn !== undefined) this.#performer.perform(this.#turn.stop(clock.now()));
    this.#turn = undefined;
    await Promise.all([this.#listeners.close(), this.#admin?.close()]);
    await this.#engine.close();
    return this.#reporter.stopped(this.#engine.counters(), clock.now());
  }

  #upcalls(): Upcalls {
    return {
      fromClient: (client, bytes, start, end) =>
        this.#turnDid(this.#turn?.onMessage(client, bytes, start, end, clock.now())),
      fromPeer: (relay, peer, bytes, start, end) => this.#turn?.onPeerData(relay, peer, bytes, start, end),
      relayError: (relay, peer, type, code, data) => this.#turn?.onRelayError(relay, peer, type, code, data),
      relayOpened: (relay, address, reservedPort) => this.#onRelayOpened(relay, copyOf(address), reservedPort),
      relayFailed: (relay, why) => {
        this.#performer.onRelayFailed(relay);
        this.#turnDid(this.#turn?.onRelayFailed(relay, why, clock.now()));
      },
    };
  }

  /** A relay is opened while the quotas are still asked elsewhere, which keeps its client known; it is told of when both are done. */
  #onRelayOpened(relay: RelayId, address: RelayAddress, reservedPort: number | undefined): void {
    this.#quotas.settled(this.#performer.clientOf(relay)!, outcome => {
      if (outcome === 'reserved') {
        this.#turnDid(this.#turn?.onRelayOpened(relay, address, reservedPort, clock.now()));
        this.#onAllocated(relay);
        return;
      }
      if (outcome !== 'given-back') {
        this.#turnDid(this.#turn?.onRelayFailed(relay, outcome, clock.now()));
        this.#performer.abandon(relay);
      }
      if (reservedPort !== undefined) this.#engine.releaseReservation(address, reservedPort);
    });
  }

  /** After every event: what it wants done is done, and the timer hears of the earliest deadline. */
  #turnDid(effects: readonly Effect[] | undefined): void {
    if (this.#turn === undefined || effects === undefined) return;
    if (effects.length > 0) this.#performer.perform(effects);
    this.#timer.expect(this.#turn.nextDeadline());
  }

  /** A stream that has an allocation may stay; on UDP there is nothing to keep. */
  #onAllocated(relay: RelayId): void {
    const client = this.#performer.clientOf(relay);
    if (client !== undefined) this.#listeners.streamOf(client)?.onAllocated();
  }

  #onAllocationEnded(record: AllocationRecord, traffic: RelayTraffic): void {
    if (record.user !== this.#selfTest.identity) this.#reporter.allocationEnded(record, traffic);
  }

  #questions() {
    const listeners = [...this.#listeners.udp, ...this.#listeners.tcp];
    const named = listeners.map(listener => this.#own.advertised(listener));
    const endpoints = [...listeners, ...named, ...this.#ownEndpoints()];
    return questionsOf({
      realm: this.#config.realm,
      clock,
      credentials: this.#credentials,
      peers: peerFilterFrom(this.#config, endpoints, undefined, this.#seat?.relayPorts),
      quotas: this.#quotas,
      answers: answerBudgetFrom(this.#config),
      own: this.#own,
      selfTest: this.#selfTest,
    });
  }

  #ownRelays(): OwnRelays {
    const isShared = this.#seat !== undefined && this.#seat.workers > 1;
    const isOpen = (peer: TransportAddress) => this.#selfTest.mayReach(peer);
    return ownRelaysFrom(this.#config, isShared, isOpen, this.#seat?.relayPorts);
  }

  #ownEndpoints(): readonly TransportAddress[] {
    return this.#seat?.ownEndpoints ?? (this.#admin ? [this.#admin.endpoint] : []);
  }

  async #firstCertificate(): Promise<Certificate> {
    const { tls } = this.#config;
    if (this.#seat !== undefined) return this.#seat.certificate;
    return tls ? certificateFrom(tls) : selfSignedCertificate(addressesToldFrom(this.#config));
  }

  #relayPorts(): { used: number; size: number } {
    const { addresses } = this.#config.external;
    const { first, last } = this.#config.relayPorts;
    const used = addresses.reduce((n, ip) => n + this.#engine.inUse(ip).ports.used, 0);
    return { used, size: addresses.length * (last - first + 1) };
  }

  #hosts(): IceHost[] {
    return iceHosts(this.#config.external.addresses, this.#listeners, this.#certificate?.name);
  }

  #renew(files: { readonly certificate: string; readonly key: string }): void {
    try {
      const certificate = certificateFrom(files);
      this.useCertificate(certificate);
      this.#log.info({ certificate: files.certificate, notAfter: certificate.notAfter }, 'certificate renewed');
    } catch (error) {
      this.#log.error({ reason: (error as Error).message }, 'the new certificate is unusable: the old one stays');
    }
  }

  #sayStarted(): void {
    const { udp, tcp } = this.#listeners;
    if (this.#seat === undefined && this.certificate.selfSigned && tcp.length > 0) {
      this.#log.warn(
        { fingerprint: this.certificate.fingerprint },
        'TLS uses a self-signed certificate made at this start: browsers refuse it; name your own under tls',
      );
    }
    this.#log.info(
      {
        version,
        engine: this.#engine.name,
        socketBuffers: this.#engine.socketBuffers,
        udp: udp.map(formatAddress),
        tcp: tcp.map(formatAddress),
        admin: this.adminUrl,
      },
      'started',
    );
  }
}
