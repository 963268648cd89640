import type { Config, Figures, Metrics } from '../control/index.ts';
import type { Credentials, FirstUse } from '../credentials/index.ts';
import { splice } from '../dataplane/index.ts';
import { type Reservation, TurnServer } from '../turn/index.ts';
import { type ClientId, formatAddress, type OwnAddresses, type TransportAddress } from '../wire/index.ts';
import { alternatesAmong } from './alternates.ts';
import type { Certificate } from './certificate.ts';
import { clock } from './clock.ts';
import { Crossing, closedStream } from './crossing.ts';
import {
  answerBudgetFrom,
  connectionBudgetFrom,
  credentialsFrom,
  ownRelaysFrom,
  peerFilterFrom,
  turnSettingsFrom,
} from './from-config.ts';
import { chooseHmacs } from './hmacs.ts';
import { Listeners, type StreamDeadlines } from './listeners/listeners.ts';
import type { Logger } from './log.ts';
import { makeEngine } from './make-engine.ts';
import { allowOpenFiles } from './open-files.ts';
import { questionsOf } from './questions.ts';
import { Reporter, type Summary } from './reporter.ts';
import type { Seat } from './seat.ts';
import { type Readiness, SelfTest } from './self-test.ts';
import { serviceMetrics } from './service-metrics.ts';
import { addressesOf, sideOf } from './sides.ts';
import { version } from './system.ts';
import { TurnLoop } from './turn-loop.ts';
import { waysIn } from './ways-in.ts';

/**
 * STUN and TURN, served: engine, listeners and protocol core, joined. A whole edge is this and what its operator sees of it; a worker is
 * this alone.
 */
export class RelayService {
  readonly credentials: Credentials;
  readonly metrics: Metrics;
  readonly #config: Config;
  readonly #seat: Seat;
  readonly #log: Logger;
  readonly #loop: TurnLoop;
  readonly #listeners: Listeners;
  readonly #reporter: Reporter;
  readonly #own: OwnAddresses;
  readonly #selfTest: SelfTest;
  readonly #connections = { tcp: 0, tls: 0 };
  #certificate: Certificate;
  /** To the connections of the other workers; undefined where there are none. */
  readonly #crossing: Crossing | undefined;

  /** Nothing is open yet; throws an OperatorError when this machine can't do what the configuration promises. */
  constructor(config: Config, seat: Seat, log: Logger, deadlines?: StreamDeadlines) {
    allowOpenFiles(config, log);
    chooseHmacs(config);
    this.#config = config;
    this.#seat = seat;
    this.#log = log;
    this.#certificate = seat.certificate;
    this.#own = addressesOf(config, 'external');
    this.#selfTest = new SelfTest(() => waysIn(this.#listeners), clock.now, this.#own, seat.workers);
    this.#crossing = seat.workers > 1 ? this.#crossingOf(seat) : undefined;
    this.credentials = credentialsFrom(config, seat.onFirstUse);
    this.#loop = this.#joined();
    const { engine } = this.#loop;
    this.#listeners = new Listeners(engine, deadlines);
    this.metrics = serviceMetrics(config, engine, seat.isWorker, {
      allocations: () => this.#loop.allocations,
      connections: () => this.#connections,
      certificateExpiresAt: () => this.#certificate.notAfter.getTime(),
    });
    this.#reporter = new Reporter(log, this.metrics, clock.now(), config.internal && (local => sideOf(config, local)));
  }

  /** Every port of the external side that is open. */
  get listeners(): Pick<Listeners, 'udp' | 'tcp'> {
    return this.#listeners;
  }

  /** Opens every listener or throws an OperatorError. Clients that come wait until they are served. */
  async listen(): Promise<void> {
    await this.#crossing?.listen();
    const budget = connectionBudgetFrom(this.#config);
    await this.#listeners.open(this.#seat.sockets, this.#config, this.#certificate, budget, {
      onClientGone: client => this.#loop.onClientGone(client),
      onConnection: (transport, change) => {
        this.#connections[transport] += change;
      },
      onEnd: why => this.#reporter.connectionEnded(why),
    });
  }

  /** Answers clients from now on. Where the operator's side listens is nothing that peers may reach. */
  serve(ownEndpoints: readonly TransportAddress[]): void {
    const { nonceKey, reservations, index, workers: count } = this.#seat;
    const { engine } = this.#loop;
    const settings = turnSettingsFrom(this.#config, engine, nonceKey, { index, count });
    this.#loop.serve(new TurnServer(settings, this.#questions(ownEndpoints), engine, reservations));
  }

  sayStarted(adminUrl?: string): void {
    const { engine } = this.#loop;
    const { udp, tcp, tlsBy } = this.#listeners;
    this.#log.info(
      {
        version,
        engine: engine.name,
        socketBuffers: engine.socketBuffers,
        tcpRelays: engine.canRelayTcp,
        udp: udp.map(formatAddress),
        tcp: tcp.map(formatAddress),
        tlsBy,
        admin: adminUrl,
      },
      'started',
    );
  }

  /** New TLS handshakes get this certificate. */
  useCertificate(certificate: Certificate): void {
    this.#certificate = certificate;
    this.#listeners.renewCertificate(certificate);
  }

  /** Another worker was the first to see this credential. */
  learn(use: FirstUse): void {
    this.credentials.learn(use, clock.wall());
  }

  /** Another worker holds a port back under this token; without a reservation, one was claimed there. */
  learnReservation(token: Uint8Array, reservation: Reservation | undefined): void {
    this.#loop.learnReservation(token, reservation);
  }

  /** Whether a datagram gets through, tried on every listener. */
  readiness(): Promise<Readiness> {
    return this.#selfTest.readiness();
  }

  /** The metrics as data, to be added to those of other workers. */
  figures(): Promise<Figures> {
    return this.metrics.figures();
  }

  /** What it did so far. */
  summary(): Summary {
    const { engine, allocations } = this.#loop;
    return this.#reporter.summary(engine.counters(), allocations, clock.now());
  }

  /** Ends every allocation, closes every port. Once. */
  async close(): Promise<Summary> {
    this.#selfTest.close();
    this.#loop.stop();
    this.#crossing?.close();
    await this.#listeners.close();
    await this.#loop.engine.close();
    return this.#reporter.stopped(this.#loop.engine.counters(), clock.now());
  }

  #crossingOf({ nonceKey, index }: Seat): Crossing {
    return new Crossing(nonceKey, index, {
      onAsked: (connection, user) => this.#loop.bindForElsewhere(connection, user),
      onJoined: (link, stream) => this.#loop.engine.bindLink(link, stream),
    });
  }

  #joined(): TurnLoop {
    const streamOf = (client: ClientId) => this.#listeners.streamOf(client);
    const { workers, relayPorts, quotas } = this.#seat;
    const isOpen = (peer: TransportAddress) => this.#selfTest.mayReach(peer);
    const own = ownRelaysFrom(this.#config, workers > 1, isOpen, relayPorts);
    return new TurnLoop(upcalls => makeEngine(this.#config, upcalls, own, this.#log), quotas, {
      onRefusal: effect => this.#reporter.refused(effect),
      // A stream that has an allocation may stay; on UDP there is nothing to keep.
      onAllocated: client => streamOf(client)?.onAllocated(),
      onAllocationEnded: (record, traffic) => {
        if (record.user !== this.#selfTest.identity) this.#reporter.allocationEnded(record, traffic);
      },
      onLastRelayClosed: client => streamOf(client)?.onAllocationEnded(),
      onBindLink: (link, client) => this.#loop.engine.bindLink(link, streamOf(client)?.surrender() ?? closedStream()),
      onBindElsewhere: ({ client, worker, connection, user }) =>
        void this.#bindElsewhere(client, worker, connection, user),
    });
  }

  /** The client is not read from the moment it has asked: what it says next is for the peer. */
  async #bindElsewhere(client: ClientId, worker: number, connection: number, user: string): Promise<void> {
    const stream = this.#listeners.streamOf(client)?.surrender() ?? closedStream();
    const joined = (await this.#crossing?.ask(worker, connection, user)) ?? 'connection-unknown';
    const isRefused = typeof joined === 'string';
    this.#loop.onBoundElsewhere(client, connection, isRefused ? joined : undefined);
    if (isRefused) stream.end(() => stream.destroy());
    else splice(stream, joined, { fromFirst() {}, fromSecond() {}, onEnd() {} }); // its owner counts
  }

  #questions(ownEndpoints: readonly TransportAddress[]) {
    const listeners = [...this.#listeners.udp, ...this.#listeners.tcp];
    const told = listeners.map(listener => this.#own.advertised(listener));
    const endpoints = [...listeners, ...told, ...ownEndpoints];
    return questionsOf({
      realm: this.#config.realm,
      clock,
      credentials: this.credentials,
      peers: peerFilterFrom(this.#config, endpoints, undefined, this.#seat.relayPorts),
      quotas: this.#seat.quotas,
      answers: answerBudgetFrom(this.#config),
      own: this.#own,
      alternateOf: alternatesAmong(
        this.#listeners.udp.filter(listener => sideOf(this.#config, listener) === 'external'),
      ),
      sideOf: local => sideOf(this.#config, local),
      selfTest: this.#selfTest,
    });
  }
}
