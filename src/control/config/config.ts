import type { Prefix } from '../../policy/index.ts';
import type { IpAddress } from '../../wire/index.ts';
import type { PortRange } from './scalars.ts';
import type { ParsedConfig } from './schema.ts';
import type { SecretSource } from './secret.ts';

/** A whole configuration: defaults applied, checked, in the types the edge works with. Secrets are still sources. */
export interface Config {
  readonly realm: string;
  readonly external: {
    readonly addresses: readonly IpAddress[];
    readonly udp: readonly number[];
    readonly tcp: readonly number[];
    readonly peers: { readonly allow: readonly Prefix[]; readonly deny: readonly Prefix[] };
  };
  readonly relayPorts: PortRange;
  readonly credentials: {
    readonly secrets: readonly SecretSource[];
    readonly users: readonly { readonly name: string; readonly password: SecretSource }[];
    readonly lifetimeSeconds: number;
  };
  readonly admin: { readonly address: IpAddress; readonly port: number; readonly token: SecretSource } | undefined;
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
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

export type Limits = Readonly<ParsedConfig['limits']>;

export function configOf(parsed: ParsedConfig, inFolder: (path: string) => string): Config {
  const { external, credentials, admin, tls, lifetimes } = parsed;
  const source = (s: SecretSource): SecretSource => (s.from === 'file' ? { from: 'file', path: inFolder(s.path) } : s);
  return {
    realm: parsed.realm,
    external: { addresses: external.address, udp: external.udp, tcp: external.tcp, peers: external.peers },
    relayPorts: parsed.relayPorts,
    credentials: {
      secrets: credentials.secrets.map(source),
      users: Object.entries(credentials.users).map(([name, password]) => ({ name, password: source(password) })),
      lifetimeSeconds: credentials.lifetime,
    },
    admin: admin && { address: admin.address, port: admin.port, token: source(admin.token) },
    tls: tls && { certificate: inFolder(tls.certificate), key: inFolder(tls.key) },
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
