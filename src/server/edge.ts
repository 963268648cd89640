import { randomBytes } from 'node:crypto';
import { type Config, Metrics, OperatorError } from '../control/index.ts';
import {
  type Credentials,
  type IceHost,
  type IceServer,
  iceServers,
  type MediaRelay,
  type MintedCredential,
  mediaRelays,
  type NotMinted,
  type TurnRestAnswer,
  turnRest,
} from '../credentials/index.ts';
import type { RelayTraffic, SocketEngine, Upcalls } from '../dataplane/index.ts';
import { type AllocationRecord, type Effect, TurnServer } from '../turn/index.ts';
import { formatAddress, type RelayId } from '../wire/index.ts';
import { type EdgeAdmin, openAdmin } from './admin.ts';
import { type Certificate, certificateFrom, selfSignedCertificate, watchCertificate } from './certificate.ts';
import { clock } from './clock.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import {
  answerBudgetFrom,
  connectionBudgetFrom,
  credentialsFrom,
  peerFilterFrom,
  quotasFrom,
  turnSettingsFrom,
} from './from-config.ts';
import { Listeners, type StreamDeadlines } from './listeners/listeners.ts';
import type { Logger } from './log.ts';
import { makeEngine } from './make-engine.ts';
import { allowOpenFiles } from './open-files.ts';
import { Performer } from './perform.ts';
import { questionsOf } from './questions.ts';
import { Reporter, type Summary } from './reporter.ts';
import { type Readiness, SelfTest } from './self-test.ts';
import { processFigures, version } from './system.ts';
import { iceHosts, waysIn } from './ways-in.ts';

export interface EdgeOptions {
  readonly log: Logger;
  /** How often certificate files are looked at. */
  readonly certificateCheckMillis?: number;
  /** How long TCP and TLS clients may take to say who they are and to get an allocation. */
  readonly streamDeadlines?: StreamDeadlines;
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
  readonly #log: Logger;
  readonly #engine: SocketEngine;
  readonly #listeners: Listeners;
  readonly #performer: Performer;
  readonly #metrics: Metrics;
  readonly #reporter: Reporter;
  readonly #credentials: Credentials;
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

  private constructor(config: Config, { log, streamDeadlines }: EdgeOptions) {
    this.#config = config;
    this.#log = log;
    this.#credentials = credentialsFrom(config);
    this.#engine = makeEngine(config, this.#upcalls(), log);
    this.#listeners = new Listeners(this.#engine, streamDeadlines);
    this.#selfTest = new SelfTest(() => waysIn(this.#listeners), clock.now);
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
    return mintedOr(this.#credentials.mint(user, lifetimeSeconds, clock.wall()));
  }

  /** The same for a client of the Microsoft dialect: a relay token, as the base64 text such clients are configured with. */
  mintRelayToken(user: string, lifetimeSeconds?: number): MintedCredential {
    return mintedOr(this.#credentials.mintToken(user, 'external', lifetimeSeconds, clock.wall(), randomBytes));
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

  /** Ends every allocation, closes every port. May be called again. */
  close(): Promise<Summary> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(certificateCheckMillis: number): Promise<void> {
    const { tls, admin } = this.#config;
    this.#certificate = tls ? certificateFrom(tls) : await selfSignedCertificate(this.#config.external.addresses);
    await this.#listeners.open(this.#config, this.#certificate, connectionBudgetFrom(this.#config), {
      onClientGone: client => this.#turnDid(this.#turn?.onClientGone(client, clock.now())),
      onConnection: (transport, change) => {
        this.#connections[transport] += change;
      },
      onEnd: why => this.#reporter.connectionEnded(why),
    });
    if (admin !== undefined) this.#admin = await openAdmin(this, admin, this.#metrics, this.#log);
    this.#turn = new TurnServer(turnSettingsFrom(this.#config, this.#engine), this.#questions(), this.#engine);
    if (tls !== undefined) this.#stopWatching = watchCertificate(tls, certificateCheckMillis, () => this.#renew(tls));
    this.#sayStarted();
  }

  async #close(): Promise<Summary> {
    this.#stopWatching();
    this.#timer.stop();
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
      relayOpened: (relay, address, reservedPort) => {
        this.#turnDid(this.#turn?.onRelayOpened(relay, address, reservedPort, clock.now()));
        this.#onAllocated(relay);
      },
      relayFailed: (relay, why) => {
        this.#performer.onRelayFailed(relay);
        this.#turnDid(this.#turn?.onRelayFailed(relay, why, clock.now()));
      },
    };
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
    const { udp, tcp } = this.#listeners;
    return questionsOf({
      realm: this.#config.realm,
      clock,
      credentials: this.#credentials,
      peers: peerFilterFrom(this.#config, [...udp, ...tcp, ...(this.#admin ? [this.#admin.endpoint] : [])]),
      quotas: quotasFrom(this.#config),
      answers: answerBudgetFrom(this.#config),
      addresses: this.#config.external.addresses,
      selfTest: this.#selfTest,
    });
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
      this.#certificate = certificateFrom(files);
      this.#listeners.renewCertificate(this.#certificate);
      this.#log.info({ certificate: files.certificate, notAfter: this.#certificate.notAfter }, 'certificate renewed');
    } catch (error) {
      this.#log.error({ reason: (error as Error).message }, 'the new certificate is unusable: the old one stays');
    }
  }

  #sayStarted(): void {
    const { udp, tcp } = this.#listeners;
    if (this.certificate.selfSigned && tcp.length > 0) {
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

function mintedOr(minted: MintedCredential | NotMinted): MintedCredential {
  if (typeof minted !== 'string') return minted;
  if (minted !== 'no-secret') throw new RangeError(`no credential for this user and lifetime: ${minted}`);
  throw new OperatorError(
    'SALLYPORT_NO_SECRET',
    'credentials can be minted only with a shared secret',
    'add one to credentials.secrets; static users need no minting',
  );
}
