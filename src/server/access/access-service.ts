import type { FastifyInstance } from 'fastify';
import { AccessMetrics } from '../../control/access/index.ts';
import { type AccessDenial, type AccessInfo, accessApp } from '../../control/http/index.ts';
import type { AccessConfig, Config, Figures } from '../../control/index.ts';
import { provisioningNotice } from '../../sip/index.ts';
import { formatAddress, type TransportAddress } from '../../wire/index.ts';
import type { Provisioning } from '../../wire/mras/index.ts';
import type { Certificate } from '../certificate.ts';
import { clock } from '../clock.ts';
import type { ListeningSocket } from '../listeners/listeners.ts';
import type { Logger } from '../log.ts';
import type { Minter } from '../minter.ts';
import type { Readiness } from '../self-test.ts';
import { processFigures } from '../system.ts';
import { webPages } from '../web-pages.ts';
import { AccessEdge, type AccessWay, type Refused, type Whence } from './access-edge.ts';
import { accessQuestions } from './access-questions.ts';
import { type DirectoryParts, directoryFrom } from './directory-parts.ts';
import {
  accessEndpoints,
  accessWaysFrom,
  connectionLimitsFrom,
  hopTrustFrom,
  mrasUriOf,
  nextHopOf,
  ownHosts,
  sipSettingsFrom,
} from './from-config.ts';
import { authoritiesOf, hopContext } from './hop-context.ts';
import { type KnownUsers, knownUsers } from './known-users.ts';
import { OwnCheck } from './own-check.ts';
import { federationFrom, logPartner } from './partners-from.ts';
import { mrasServiceFrom } from './relay-credentials.ts';
import { Renewals } from './renewals.ts';
import { ServerAddresses } from './server-inside.ts';
import { SignedIn, whenceFields } from './signed-in.ts';
import type { NotLetIn } from './sip-listener.ts';
import { webSignIn } from './web-sign-in.ts';

const LOCKOUT_LINE_MILLIS = 10_000;
const DIRECTORY_LINE_MILLIS = 60_000;

/** One open port of the Access Edge. */
export interface AccessEndpoint {
  readonly transport: AccessWay['transport'];
  readonly side: AccessWay['side'];
  readonly address: TransportAddress;
}

export interface AccessMeans {
  readonly certificate: Certificate;
  readonly minter: Minter;
  /** Those of `accessSockets`, open or to be opened. */
  readonly sockets: readonly ListeningSocket[];
  /** Origins of our own pages elsewhere: the admin listener's. */
  readonly pages: readonly string[];
  /** In a process of its own. */
  readonly isAlone: boolean;
}

/** The Access Edge as the configuration wants it: users, sign-in, credentials for the relay and calls, and what its operator sees of them. */
export class AccessService {
  readonly #config: Config;
  readonly #access: AccessConfig;
  readonly #log: Logger;
  readonly #ways: readonly AccessWay[];
  /** One for each way that is for browsers. */
  readonly #web: readonly (FastifyInstance | undefined)[];
  readonly #users: KnownUsers;
  readonly #directory: DirectoryParts | undefined;
  readonly #edge: AccessEdge;
  readonly #renewals: Renewals;
  readonly #signedIn: SignedIn;
  readonly #metrics: AccessMetrics;
  readonly #check = new OwnCheck(() => this.endpoints, clock.now);
  readonly #inside: ServerAddresses | undefined;
  #certificate: Certificate;
  #nextLockoutLine = 0;
  #nextDirectoryLine = 0;
  #ports: readonly number[] = [];

  /** Nothing is open yet; throws an OperatorError when a file it needs can't be used. */
  constructor(config: Config, access: AccessConfig, means: AccessMeans, log: Logger) {
    const { certificate, minter } = means;
    this.#config = config;
    this.#access = access;
    this.#log = log;
    this.#certificate = certificate;
    this.#users = knownUsers(access, log, record => this.#edge.revoke(record));
    const users = () => this.#users.users;
    const { domain } = users();
    this.#directory = directoryFrom(access, {
      domain,
      most: 2 * config.limits.connections,
      isOurs: record => users().user(record) !== undefined,
      edge: () => this.#edge,
      onFailed: why => this.#onDirectoryFailed(why),
    });
    const origins = [...access.origins, ...means.pages];
    const ways = accessWaysFrom(config, means.sockets, certificate.name, origins);
    this.#web = ways.map(way => (way.transport.startsWith('WS') ? this.#webFor(way, origins, minter) : undefined));
    this.#ways = ways.map((way, i) => ({ ...way, ...(this.#web[i] && { web: this.#web[i].server }) }));
    const uri = mrasUriOf(domain, access.name ?? certificate.name ?? domain);
    const provisioning: Provisioning = { mrasUri: uri, encryption: 'RequireEncryption' };
    this.#renewals = new Renewals(record => this.#edge.notify(record, provisioningNotice(provisioning)));
    const mras = mrasServiceFrom({
      minter,
      uri,
      realm: config.realm,
      users,
      onGranted: (record, expiresAt) => this.#onGranted(record, expiresAt),
    });
    const internal = nextHopOf(access);
    this.#inside = internal && new ServerAddresses(internal.host, why => this.#onNoServer(internal.host, why));
    this.#edge = new AccessEdge(
      {
        sip: sipSettingsFrom(config, domain),
        ways: this.#ways,
        connections: connectionLimitsFrom(config),
        hops: hopTrustFrom(config, access, certificate),
        federation: federationFrom(config, access, domain),
        isServerInside: host => this.#inside?.has(host) === true,
      },
      accessQuestions({
        users,
        directory: this.#directory?.users,
        hosts: ownHosts(config, certificate.name),
        mras,
        provisioning,
        ...(internal === undefined ? {} : { internal }),
      }),
      {
        onRefusal: (...refused) => this.#onRefusal(...refused),
        onConnectionRefused: (...refused) => this.#onConnectionRefused(...refused),
        onRegistration: (...change) => this.#signedIn.onRegistration(...change),
        onPartner: news => logPartner(log, news),
      },
    );
    this.#metrics = new AccessMetrics({
      counts: () => this.#edge.counts(),
      answers: () => this.#edge.answers(),
      process: means.isAlone ? processFigures : undefined,
    });
    this.#signedIn = new SignedIn(record => this.#edge.isRegistered(record), log, {
      onSignedOut: record => this.#renewals.forget(record),
    });
  }

  /** Every port that is open. */
  get endpoints(): AccessEndpoint[] {
    return accessEndpoints(this.#config, this.#ports);
  }

  get info(): AccessInfo {
    return { domain: this.#users.users.domain, webSocket: this.#webSocket };
  }

  /** Opens every listener or throws an OperatorError. */
  async listen(): Promise<void> {
    await Promise.all([this.#inside?.open(), ...this.#web.map(app => app?.ready())]);
    this.#ports = await this.#edge.listen(this.#certificate);
  }

  sayStarted(): void {
    const { domain, webSocket } = this.info;
    const ports = this.endpoints.map(({ transport, address }) => `${transport} ${formatAddress(address)}`);
    this.#log.info({ domain, users: this.#users.users.size, webSocket, ports }, 'access edge listens');
  }

  /** Authorities are read again as well; when they can't be, servers are met with what was known before. */
  useCertificate(certificate: Certificate): void {
    this.#certificate = certificate;
    try {
      this.#edge.renewHopContext(hopContext(certificate, this.#access.authorities));
      this.#edge.renewCertificate(certificate, authoritiesOf(this.#access.authorities));
    } catch (error) {
      this.#log.error({ reason: (error as Error).message }, 'the authorities are unusable: the old ones stay');
      this.#edge.renewCertificate(certificate);
    }
  }

  /** Whether clients get an answer at every port. */
  readiness(): Promise<Readiness> {
    return this.#check.readiness();
  }

  figures(): Promise<Figures> {
    return this.#metrics.figures();
  }

  /** Ends every connection, closes every port. Once. */
  async close(): Promise<void> {
    this.#users.stop();
    this.#directory?.users.close();
    this.#renewals.close();
    this.#inside?.close();
    await this.#edge.close();
    for (const app of this.#web) await app?.close();
  }

  #webFor(way: AccessWay, origins: readonly string[], minter: Minter): FastifyInstance {
    return accessApp({
      info: () => this.info,
      origins,
      pages: webPages(),
      credentials: webSignIn(way, {
        minter,
        edge: () => this.#edge,
        directory: this.#directory,
        onDenied: (...denied) => this.#onRefusal(...denied),
        onGranted: () => this.#metrics.granted('https'),
      }),
      onFailed: err => this.#log.error({ err }, 'a web request failed'),
    });
  }

  #onRefusal(refusal: Refused | AccessDenial, whence: Whence | undefined): void {
    this.#metrics.refused(refusal);
    if (refusal === 'locked-out') this.#onLockedOut(whence);
    else if (this.#log.isLevelEnabled('debug')) this.#log.debug({ refusal, ...whenceFields(whence) }, 'refused');
  }

  #onConnectionRefused(refused: NotLetIn, { transport, side }: AccessWay): void {
    this.#metrics.refused(refused.why);
    if (refused.why !== 'tls-handshake' || !this.#log.isLevelEnabled('debug')) return;
    const { remote, detail } = refused;
    this.#log.debug({ ...whenceFields({ transport, side, remote }), detail }, 'a TLS handshake failed');
  }

  /** One line in a while: whoever guesses does it many times a second. */
  #onLockedOut(whence: Whence | undefined): void {
    const now = clock.now();
    if (now < this.#nextLockoutLine) return;
    this.#nextLockoutLine = now + LOCKOUT_LINE_MILLIS;
    this.#log.warn(whenceFields(whence), 'locked out for a minute: too many wrong passwords');
  }

  /** One line in a while as well: each sign-in would write one. */
  #onDirectoryFailed(reason: string): void {
    const now = clock.now();
    if (now < this.#nextDirectoryLine) return;
    this.#nextDirectoryLine = now + DIRECTORY_LINE_MILLIS;
    this.#log.error(
      { directory: this.#access.ldap?.server.url, reason },
      'the directory does not say who its users are',
    );
  }

  #onGranted(record: string, expiresAt: number): void {
    this.#metrics.granted('mras');
    if (this.#edge.isRegistered(record)) this.#renewals.expect(record, expiresAt, clock.wall());
  }

  #onNoServer(host: string, why: Error): void {
    this.#log.error({ host, reason: why.message }, 'the server inside is not found in DNS');
  }

  /** The page is a browser's: TLS when there is any. */
  get #webSocket(): string | undefined {
    for (const [transport, scheme] of [
      ['WSS', 'wss'],
      ['WS', 'ws'],
    ] as const) {
      const i = this.#ways.findIndex(way => way.transport === transport);
      if (i >= 0) return `${scheme}://${this.#ways[i]!.name}:${this.#ports[i] ?? this.#ways[i]!.address.port}/`;
    }
    return undefined;
  }
}
