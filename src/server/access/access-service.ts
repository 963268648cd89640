import type { AccessConfig, Config } from '../../control/index.ts';
import { provisioningNotice } from '../../sip/index.ts';
import { formatAddress, type TransportAddress, withPort } from '../../wire/index.ts';
import type { Provisioning } from '../../wire/mras/index.ts';
import type { Certificate } from '../certificate.ts';
import { clock } from '../clock.ts';
import type { ListeningSocket } from '../listeners/listeners.ts';
import type { Logger } from '../log.ts';
import type { Minter } from '../minter.ts';
import { AccessEdge, type AccessWay } from './access-edge.ts';
import { accessQuestions } from './access-questions.ts';
import {
  accessWaysFrom,
  connectionLimitsFrom,
  hopTrustFrom,
  mrasUriOf,
  nextHopOf,
  ownHosts,
  sipSettingsFrom,
} from './from-config.ts';
import { hopContext } from './hop-context.ts';
import { type KnownUsers, knownUsers } from './known-users.ts';
import { mrasServiceFrom } from './relay-credentials.ts';
import { Renewals } from './renewals.ts';
import { ServerAddresses } from './server-inside.ts';
import { SignedIn } from './signed-in.ts';

/** One open port of the Access Edge. */
export interface AccessEndpoint {
  readonly transport: AccessWay['transport'];
  readonly side: AccessWay['side'];
  readonly address: TransportAddress;
}

/** What clients are told before they sign in. */
export interface AccessInfo {
  readonly domain: string;
  /** Where browsers sign in; undefined when no port is for them. */
  readonly webSocket: string | undefined;
}

export interface AccessMeans {
  readonly certificate: Certificate;
  readonly minter: Minter;
  /** Those of `accessSockets`, open or to be opened. */
  readonly sockets: readonly ListeningSocket[];
  /** Origins of our own pages elsewhere: the admin listener's. */
  readonly pages: readonly string[];
}

/** The Access Edge as the configuration wants it: users, sign-in, credentials for the relay and calls, and what its operator sees of them. */
export class AccessService {
  readonly #access: AccessConfig;
  readonly #log: Logger;
  readonly #ways: readonly AccessWay[];
  readonly #users: KnownUsers;
  readonly #edge: AccessEdge;
  readonly #renewals: Renewals;
  readonly #signedIn: SignedIn;
  readonly #inside: ServerAddresses | undefined;
  #certificate: Certificate;
  #ports: readonly number[] = [];

  /** Nothing is open yet; throws an OperatorError when a file it needs can't be used. */
  constructor(config: Config, access: AccessConfig, means: AccessMeans, log: Logger) {
    const { certificate, minter } = means;
    this.#access = access;
    this.#log = log;
    this.#certificate = certificate;
    this.#users = knownUsers(access, log, record => this.#edge.revoke(record));
    const users = () => this.#users.users;
    const { domain } = users();
    this.#ways = accessWaysFrom(config, means.sockets, certificate.name, [...access.origins, ...means.pages]);
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
        isServerInside: host => this.#inside?.has(host) === true,
      },
      accessQuestions({
        users,
        hosts: ownHosts(config, certificate.name),
        mras,
        provisioning,
        ...(internal === undefined ? {} : { internal }),
      }),
      {
        onRefusal: reason => log.debug({ refusal: reason }, 'refused'),
        onRegistration: (...change) => this.#signedIn.onRegistration(...change),
      },
    );
    this.#signedIn = new SignedIn(record => this.#edge.isRegistered(record), log, {
      onSignedOut: record => this.#renewals.forget(record),
    });
  }

  /** Every port that is open. */
  get endpoints(): AccessEndpoint[] {
    return this.#ports.map((port, i) => {
      const { transport, side, address } = this.#ways[i]!;
      return { transport, side, address: withPort(address, port) };
    });
  }

  get info(): AccessInfo {
    return { domain: this.#users.users.domain, webSocket: this.#webSocket };
  }

  /** Opens every listener or throws an OperatorError. */
  async listen(): Promise<void> {
    await this.#inside?.open();
    this.#ports = await this.#edge.listen(this.#certificate.context);
  }

  sayStarted(): void {
    const { domain, webSocket } = this.info;
    const ports = this.endpoints.map(({ transport, address }) => `${transport} ${formatAddress(address)}`);
    this.#log.info({ domain, users: this.#users.users.size, webSocket, ports }, 'access edge started');
  }

  useCertificate(certificate: Certificate): void {
    this.#certificate = certificate;
    this.#edge.renewCertificate(certificate.context, hopContext(certificate, this.#access.authorities));
  }

  /** Ends every connection, closes every port. Once. */
  async close(): Promise<void> {
    this.#users.stop();
    this.#renewals.close();
    this.#inside?.close();
    await this.#edge.close();
  }

  #onGranted(record: string, expiresAt: number): void {
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
