import { createHash, randomBytes } from 'node:crypto';
import { accessListeners } from '../../control/config/index.ts';
import type { AccessConfig, Config } from '../../control/index.ts';
import type { ConnectionLimits } from '../../policy/index.ts';
import type { NextHop, SipSettings } from '../../sip/index.ts';
import { familyOf, formatIp, type IpAddress, sameIp, withPort } from '../../wire/index.ts';
import type { Certificate } from '../certificate.ts';
import type { ListeningSocket } from '../listeners/listeners.ts';
import { deviceOf } from '../sides.ts';
import type { AccessWay } from './access-edge.ts';
import type { AccessEndpoint } from './access-service.ts';
import type { HopTrust } from './hop-connector.ts';
import { hopContext } from './hop-context.ts';
import type { SipLineLimits } from './sip-line.ts';

/*
 * Each part of an Access Edge as the configuration wants it.
 */

const CONNECT_MILLIS = 5_000;
/** A first message comes within a second; a person with a bad line needs some more. */
const MESSAGE_MILLIS = 10_000;
/** Clients ping every two minutes at most (Flow-Timer, ms-keep-alive 300). */
const IDLE_MILLIS = 11 * 60_000;
/** A phone that signs in has one or two open; a gateway with one connection has two for each call it makes within half a minute. */
const TRANSACTIONS_PER_FLOW = { stranger: 16, user: 1_000 };

export function sipSettingsFrom({ limits }: Config, domain: string): SipSettings {
  const lockout = { tries: 3, triesPerAddress: 30, seconds: 60 };
  return {
    digest: { realm: domain, key: randomBytes(32), nonceLifetimeSeconds: 300, lockout, allowsPlainMd5: false },
    registrar: {
      expiresSeconds: { default: 3600, least: 60, most: 7200 },
      bindingsPerUser: 10,
      bindings: 2 * limits.connections,
      flowTimerSeconds: 120,
    },
    transactions: 4 * limits.connections,
    transactionsPerFlow: TRANSACTIONS_PER_FLOW,
    waitingPerHop: 100,
    routeKey: randomBytes(32),
    randomBytes,
  };
}

export function lineLimitsFrom({ limits }: Config): SipLineLimits {
  return { messageMillis: MESSAGE_MILLIS, idleMillis: IDLE_MILLIS, buffer: limits.streamBuffer };
}

/** The sockets of an Access Edge, in the order of its listeners. */
export function accessSockets(config: Config): ListeningSocket[] {
  return accessListeners(config).map(({ address, port }) => ({
    transport: 'tcp' as const,
    address: withPort(address, port),
    device: deviceOf(config, address),
  }));
}

/** The same with the ports that they really have. */
export function accessEndpoints(config: Config, ports: readonly number[]): AccessEndpoint[] {
  return accessListeners(config)
    .slice(0, ports.length)
    .map(({ transport, side, address }, i) => ({ transport, side, address: withPort(address, ports[i]!) }));
}

/** Every way in; `sockets` are those of `accessSockets`, open already or not. */
export function accessWaysFrom(
  config: Config,
  sockets: readonly ListeningSocket[],
  certificateName: string | undefined,
  origins: readonly string[],
): AccessWay[] {
  const limits = lineLimitsFrom(config);
  return accessListeners(config).map(({ transport, side, address }, i) => ({
    transport,
    side,
    address: sockets[i]!.address,
    descriptor: sockets[i]!.descriptor,
    limits,
    origins,
    name: config.access?.name ?? certificateName ?? hostText(toldAddress(config, address)),
  }));
}

export function connectionLimitsFrom({ limits }: Config): ConnectionLimits {
  return {
    connections: limits.connections,
    connectionsPerSourcePrefix: limits.connectionsPerPrefix,
    handshakesPerSourcePrefix: limits.handshakesPerPrefix,
  };
}

/** Every name and address by which a Route may mean us. */
export function ownHosts({ access, external, internal }: Config, certificateName: string | undefined): string[] {
  const addresses = [...external.addresses, ...external.public, ...(internal?.addresses ?? [])];
  const names = [access?.name, certificateName?.toLowerCase()].filter(name => name !== undefined);
  return [...names, ...addresses.map(hostText)];
}

/** As a URI has it. */
export function hostText(ip: IpAddress): string {
  return familyOf(ip) === 4 ? formatIp(ip) : `[${formatIp(ip)}]`;
}

/** How we connect to the server inside, and where it finds us when it has lost the connection. Throws an OperatorError. */
export function hopTrustFrom(config: Config, access: AccessConfig, certificate: Certificate): HopTrust {
  const inside = accessListeners(config).find(
    ({ side, transport }) => side === 'internal' && transport === access.internal?.transport,
  );
  const host = inside && (access.name ?? certificate.name ?? hostText(inside.address));
  return {
    context: hopContext(certificate, access.authorities),
    connectMillis: CONNECT_MILLIS,
    limits: lineLimitsFrom(config),
    ...(inside && host ? { reachedAt: { internal: { host, port: inside.port } } } : {}),
  };
}

export function nextHopOf({ internal }: AccessConfig): NextHop | undefined {
  if (internal === undefined) return undefined;
  const { transport, host, port } = internal;
  return { transport, host, port, side: 'internal' };
}

/** Where clients send SERVICE: opaque to them, the same at every start, another for another edge. */
export function mrasUriOf(domain: string, name: string): string {
  const id = createHash('sha256').update(`mras ${domain} ${name}`).digest('base64url').slice(0, 22);
  return `sip:mras.${domain}@${domain};gruu;opaque=srvr:MRAS:${id}AA`;
}

function toldAddress({ external }: Config, address: IpAddress): IpAddress {
  const i = external.addresses.findIndex(own => sameIp(own, address));
  return external.public[i] ?? address;
}
