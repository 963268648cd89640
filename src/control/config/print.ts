import { stringify } from 'yaml';
import { formatPrefix } from '../../policy/index.ts';
import { formatIp } from '../../wire/index.ts';
import type { Config } from './config.ts';
import { formatDuration } from './duration.ts';
import { describeSource } from './secret.ts';

/** A configuration with every default written out, in the form of a config file, as plain values. Secrets are redacted. */
export function printable(config: Config): Record<string, unknown> {
  const { external, relayPorts, credentials, admin, tls, lifetimes } = config;
  return {
    realm: config.realm,
    external: {
      address: external.addresses.map(formatIp),
      udp: external.udp,
      tcp: external.tcp,
      peers: { allow: external.peers.allow.map(formatPrefix), deny: external.peers.deny.map(formatPrefix) },
    },
    relayPorts: `${relayPorts.first}-${relayPorts.last}`,
    credentials: {
      secrets: credentials.secrets.map(describeSource),
      users: Object.fromEntries(credentials.users.map(({ name, password }) => [name, describeSource(password)])),
      lifetime: formatDuration(credentials.lifetimeSeconds),
    },
    ...(admin && { admin: { address: formatIp(admin.address), port: admin.port, token: describeSource(admin.token) } }),
    ...(tls && { tls }),
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

/** The same as YAML text. */
export function printConfig(config: Config): string {
  return stringify(printable(config), { aliasDuplicateObjects: false, flowCollectionPadding: true });
}
