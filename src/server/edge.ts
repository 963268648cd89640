import type { AccessInfo } from '../control/http/index.ts';
import { type AccessConfig, type Config, textOfAll } from '../control/index.ts';
import type { IceServer, MediaRelay, MintedCredential, TurnRestAnswer } from '../credentials/index.ts';
import type { TransportAddress } from '../wire/index.ts';
import { AccessService } from './access/access-service.ts';
import { accessSockets } from './access/from-config.ts';
import { type EdgeAdmin, openAdmin } from './admin.ts';
import type { Certificate } from './certificate.ts';
import { CertificateKeeper } from './certificate-keeper.ts';
import { openedOn, type StreamDeadlines } from './listeners/listeners.ts';
import type { Logger } from './log.ts';
import { Minter } from './minter.ts';
import { openPorts, type Ports } from './open-ports.ts';
import { RelayService } from './relay-service.ts';
import type { Summary } from './reporter.ts';
import { sayDoubts } from './say-doubts.ts';
import { onlySeat } from './seat.ts';
import type { Readiness } from './self-test.ts';
import { addressesOf, type Side, sideNames } from './sides.ts';
import { iceHosts } from './ways-in.ts';

export interface EdgeOptions {
  readonly log: Logger;
  /** How often certificate files are looked at. */
  readonly certificateCheckMillis?: number;
  /** How long TCP and TLS clients may take to say who they are and to get an allocation. */
  readonly streamDeadlines?: StreamDeadlines;
}

/** An edge of one process: the relay service, and what its operator has of it. Nothing is shared, so two edges in one process do not meet. */
export class Edge {
  /** Credentials for this edge, and where they are good. */
  readonly minter: Minter;
  readonly #config: Config;
  readonly #service: RelayService;
  readonly #certificate: CertificateKeeper;
  #admin: EdgeAdmin | undefined;
  #access: AccessService | undefined;
  #closing: Promise<Summary> | undefined;

  /** Opens every listener or, throwing an OperatorError, none. */
  static async start(config: Config, options: EdgeOptions): Promise<Edge> {
    sayDoubts(config, options.log);
    const certificate = await CertificateKeeper.open(config, options.log);
    const edge = new Edge(config, certificate, options);
    try {
      await edge.#open(config, options);
      return edge;
    } catch (error) {
      await edge.close();
      throw error;
    }
  }

  private constructor(config: Config, certificate: CertificateKeeper, { log, streamDeadlines }: EdgeOptions) {
    this.#config = config;
    this.#certificate = certificate;
    const service = new RelayService(config, onlySeat(config, certificate.current), log, streamDeadlines);
    this.#service = service;
    this.minter = new Minter(service.credentials, sideNames(config), side =>
      iceHosts(addressesOf(config, side), service.listeners, certificate.current.name),
    );
  }

  get ports(): Ports {
    return openPorts(this.#config, this.#service.listeners, this.#admin?.endpoint, this.#access?.endpoints);
  }

  /** Where browsers sign in; undefined without an Access Edge. */
  get accessInfo(): AccessInfo | undefined {
    return this.#access?.info;
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
    return this.#certificate.current;
  }

  /** A credential for a user, valid for at most 8 hours. Throws an OperatorError when there is no secret to make it with. */
  mint(user: string, lifetimeSeconds?: number): MintedCredential {
    return this.minter.mint(user, lifetimeSeconds);
  }

  /** The same for a client of the Microsoft dialect: a relay token, good on this side alone, as the base64 text that such clients take. */
  mintRelayToken(user: string, lifetimeSeconds?: number, side?: Side): MintedCredential {
    return this.minter.mintRelayToken(user, lifetimeSeconds, side);
  }

  /** Where clients of the Microsoft dialect reach this edge, on the external side unless said otherwise. */
  mediaRelays(side?: Side): MediaRelay[] {
    return this.minter.mediaRelays(side);
  }

  /** What a browser's RTCPeerConnection takes, for every way into this side of the edge. */
  iceServers(minted: MintedCredential, side?: Side): IceServer[] {
    return this.minter.iceServers(minted, side);
  }

  turnRest(minted: MintedCredential, side?: Side): TurnRestAnswer {
    return this.minter.turnRest(minted, side);
  }

  /** Whether a datagram gets through, tried on every listener. */
  async readiness(): Promise<Readiness> {
    const said = await Promise.all(
      [this.#service.readiness(), this.#access?.readiness()].filter(one => one !== undefined),
    );
    const checks = Object.assign({}, ...said.map(one => one.checks)) as Readiness['checks'];
    return { ready: said.every(({ ready }) => ready), checks };
  }

  /** Prometheus text. */
  async metrics(): Promise<string> {
    if (this.#access === undefined) return this.#service.metrics.text();
    return textOfAll(await Promise.all([this.#service.figures(), this.#access.figures()]));
  }

  /** Reads the certificate files again, now. Nothing else of a configuration is read while an edge runs. */
  reloadCertificate(): void {
    this.#certificate.reload();
  }

  /** Ends every allocation, closes every port. May be called again. */
  close(): Promise<Summary> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(config: Config, { log, certificateCheckMillis }: EdgeOptions): Promise<void> {
    const { admin, access } = config;
    const service = this.#service;
    await service.listen();
    if (admin !== undefined) this.#admin = await openAdmin(this, admin, service.metrics, log);
    if (access !== undefined) this.#access = await this.#openAccess(access, log);
    service.serve(this.#ownEndpoints);
    this.#certificate.watch(renewed => this.#present(renewed), certificateCheckMillis);
    if (service.listeners.tcp.length > 0 || access !== undefined) this.#certificate.warnWhenSelfSigned();
    service.sayStarted(this.adminUrl);
    this.#access?.sayStarted();
  }

  async #openAccess(access: AccessConfig, log: Logger): Promise<AccessService> {
    const means = {
      certificate: this.#certificate.current,
      minter: this.minter,
      sockets: accessSockets(this.#config).map(socket => ({
        ...socket,
        descriptor: openedOn('tcp', socket.address, socket.device),
      })),
      pages: this.#admin?.origins ?? [],
      isAlone: false,
    };
    const service = new AccessService(this.#config, access, means, log);
    try {
      await service.listen();
      return service;
    } catch (error) {
      await service.close();
      throw error;
    }
  }

  /** Nothing that peers may reach. */
  get #ownEndpoints(): TransportAddress[] {
    const access = this.#access?.endpoints.map(({ address }) => address) ?? [];
    return this.#admin === undefined ? access : [this.#admin.endpoint, ...access];
  }

  #present(certificate: Certificate): void {
    this.#service.useCertificate(certificate);
    this.#access?.useCertificate(certificate);
  }

  async #close(): Promise<Summary> {
    this.#certificate.close();
    const [summary] = await Promise.all([this.#service.close(), this.#admin?.close(), this.#access?.close()]);
    return summary;
  }
}
