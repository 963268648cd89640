import { stringify } from 'yaml';
import { formatPrefix } from '../../policy/index.ts';
import { formatIp, sameIp } from '../../wire/index.ts';
import type { Config, LdapConfig } from './config.ts';
import { formatDuration } from './duration.ts';
import { describeSource } from './secret.ts';

/** A configuration with every default written out, in the form of a config file, as plain values. Secrets are redacted. */
export function printable(config: Config): Record<string, unknown> {
  const { external, internal, relayPorts, credentials, admin, tls, access, lifetimes } = config;
  return {
    realm: config.realm,
    external: {
      address: external.addresses.map(formatIp),
      ...(isTranslated(external) && { public: external.public.map(formatIp) }),
      ...(external.device !== undefined && { device: external.device }),
      udp: external.udp,
      tcp: external.tcp,
      peers: { allow: external.peers.allow.map(formatPrefix), deny: external.peers.deny.map(formatPrefix) },
    },
    ...(internal && {
      internal: {
        address: internal.addresses.map(formatIp),
        ...(internal.device !== undefined && { device: internal.device }),
        udp: internal.udp,
        tcp: internal.tcp,
        networks: internal.networks.map(formatPrefix),
      },
    }),
    federation: config.federation.map(({ edge, ...partner }) => ({
      ...partner,
      addresses: partner.addresses.map(formatPrefix),
      ...(edge && { edge: `${edge.host.includes(':') ? `[${edge.host}]` : edge.host}:${edge.port}` }),
    })),
    relayPorts: `${relayPorts.first}-${relayPorts.last}`,
    credentials: {
      secrets: credentials.secrets.map(describeSource),
      users: Object.fromEntries(credentials.users.map(({ name, password }) => [name, describeSource(password)])),
      lifetime: formatDuration(credentials.lifetimeSeconds),
    },
    ...(admin && { admin: { ...admin, address: formatIp(admin.address), token: describeSource(admin.token) } }),
    ...(tls && { tls }),
    ...(access && {
      access: {
        ...access,
        ...(access.internal && { internal: access.internal.uri }),
        ...(access.ldap && { ldap: printableLdap(access.ldap) }),
      },
    }),
    limits: config.limits,
    lifetimes: {
      allocation: formatDuration(lifetimes.allocationSeconds),
      most: formatDuration(lifetimes.mostSeconds),
      idle: formatDuration(lifetimes.idleSeconds),
      nonce: formatDuration(lifetimes.nonceSeconds),
    },
    engines: config.engines,
    workers: config.workers,
    log: config.log,
  };
}

function printableLdap({ server, ...others }: LdapConfig): Record<string, unknown> {
  return { url: server.url, ...others };
}

function isTranslated({ addresses, public: told }: Config['external']): boolean {
  return addresses.some((address, i) => !sameIp(address, told[i]!));
}

/** The same as YAML text. */
export function printConfig(config: Config): string {
  return stringify(printable(config), { aliasDuplicateObjects: false, flowCollectionPadding: true });
}
