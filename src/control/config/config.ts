import type { Prefix } from '../../policy/index.ts';
import type { IpAddress } from '../../wire/index.ts';
import type { ServerInside } from './access-schema.ts';
import type { LdapServer } from './ldap-schema.ts';
import type { PortRange } from './scalars.ts';
import type { ParsedConfig } from './schema.ts';
import type { SecretSource } from './secret.ts';

/** A whole configuration: defaults applied, checked, in the types the edge works with. Secrets are still sources. */
export interface Config {
  readonly realm: string;
  readonly external: {
    readonly addresses: readonly IpAddress[];
    /** What clients and peers are told for each of `addresses`, in the same order: the same where no NAT translates it. */
    readonly public: readonly IpAddress[];
    readonly udp: readonly number[];
    readonly tcp: readonly number[];
    readonly device: string | undefined;
    readonly peers: { readonly allow: readonly Prefix[]; readonly deny: readonly Prefix[] };
  };
  /** Undefined: an edge with one side. */
  readonly internal: InternalSide | undefined;
  readonly federation: readonly FederationPartner[];
  readonly relayPorts: PortRange;
  readonly credentials: {
    readonly secrets: readonly SecretSource[];
    readonly users: readonly { readonly name: string; readonly password: SecretSource }[];
    readonly lifetimeSeconds: number;
  };
  readonly admin:
    | {
        readonly address: IpAddress;
        readonly port: number;
        readonly allowExternal: boolean;
        readonly token: SecretSource;
      }
    | undefined;
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  /** Undefined: a relay alone. */
  readonly access: AccessConfig | undefined;
  readonly limits: Limits;
  readonly lifetimes: {
    readonly allocationSeconds: number;
    readonly mostSeconds: number;
    readonly idleSeconds: number;
    readonly nonceSeconds: number;
  };
  readonly engines: readonly ('mmsg' | 'dgram')[];
  readonly workers: 'auto' | number;
  readonly log: { readonly level: ParsedConfig['log']['level'] };
}

export interface InternalSide {
  readonly addresses: readonly IpAddress[];
  readonly udp: readonly number[];
  readonly tcp: readonly number[];
  readonly networks: readonly Prefix[];
  readonly device: string | undefined;
}

/** The Access Edge. Which addresses its ports are on: `accessListeners`. */
export interface AccessConfig {
  /** A file; undefined where the server inside has all users, and `domain` says whose they are. */
  readonly users: string | undefined;
  readonly domain: string | undefined;
  readonly name: string | undefined;
  readonly tls: readonly number[];
  readonly wss: readonly number[];
  readonly ws: readonly number[];
  readonly tcp: readonly number[];
  readonly origins: readonly string[];
  readonly internal: ServerInside | undefined;
  readonly authorities: string | undefined;
  readonly dnsServers: readonly string[];
  /** Whoever is not in the file. */
  readonly ldap: LdapConfig | undefined;
}

/** A directory that says whose password is right. */
export interface LdapConfig {
  readonly server: LdapServer;
  readonly startTls: boolean;
  /** Holds `{user}` once. */
  readonly bind: string;
  readonly authorities: string | undefined;
}

export type FederationPartner = Readonly<ParsedConfig['federation'][number]>;
export type FederationKind = FederationPartner['kind'];

export type Limits = Readonly<ParsedConfig['limits']>;

export function configOf(parsed: ParsedConfig, inFolder: (path: string) => string): Config {
  const { external, internal, credentials, admin, tls, access, lifetimes } = parsed;
  const source = (s: SecretSource): SecretSource => (s.from === 'file' ? { from: 'file', path: inFolder(s.path) } : s);
  return {
    realm: parsed.realm,
    external: {
      addresses: external.address,
      public: external.public ?? external.address,
      udp: external.udp,
      tcp: external.tcp,
      device: external.device,
      peers: external.peers,
    },
    internal: internal && {
      addresses: internal.address,
      udp: internal.udp,
      tcp: internal.tcp,
      networks: internal.networks,
      device: internal.device,
    },
    federation: parsed.federation,
    relayPorts: parsed.relayPorts,
    credentials: {
      secrets: credentials.secrets.map(source),
      users: Object.entries(credentials.users).map(([name, password]) => ({ name, password: source(password) })),
      lifetimeSeconds: credentials.lifetime,
    },
    admin: admin && { ...admin, token: source(admin.token) },
    tls: tls && { certificate: inFolder(tls.certificate), key: inFolder(tls.key) },
    access: access && {
      ...access,
      users: access.users && inFolder(access.users),
      domain: access.domain,
      name: access.name,
      internal: access.internal,
      authorities: access.authorities && inFolder(access.authorities),
      ldap: access.ldap && {
        server: access.ldap.url,
        startTls: access.ldap.startTls,
        bind: access.ldap.bind,
        authorities: access.ldap.authorities && inFolder(access.ldap.authorities),
      },
    },
    limits: parsed.limits,
    lifetimes: {
      allocationSeconds: lifetimes.allocation,
      mostSeconds: lifetimes.most,
      idleSeconds: lifetimes.idle,
      nonceSeconds: lifetimes.nonce,
    },
    engines: parsed.engines,
    workers: parsed.workers,
    log: parsed.log,
  };
}
