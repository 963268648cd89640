import { randomBytes } from 'node:crypto';
import { type Config, type PortRange, resolveSecret } from '../control/index.ts';
import { Credentials, type FirstUse } from '../credentials/index.ts';
import type { Engine, OwnRelays } from '../dataplane/index.ts';
import { ANSWER_DEFAULTS, AnswerBudget, ConnectionBudget, PeerFilter, type Prefix, Quotas } from '../policy/index.ts';
import type { TurnSettings } from '../turn/index.ts';
import { familyOf, type IpAddress, type TransportAddress } from '../wire/index.ts';
import { addressesOf } from './sides.ts';
import { machineAddresses, secretReaders } from './system.ts';

/*
 * Each part of the edge as the configuration wants it.
 */

export function credentialsFrom(
  { realm, credentials }: Config,
  onFirstUse: (use: FirstUse) => void = () => {},
): Credentials {
  const { secrets, users, lifetimeSeconds } = credentials;
  return new Credentials({
    realm,
    secrets: secrets.map((source, i) => resolveSecret(source, `credentials.secrets[${i}]`, secretReaders)),
    users: Object.fromEntries(
      users.map(({ name, password }) => [name, resolveSecret(password, `credentials.users.${name}`, secretReaders)]),
    ),
    lifetimeSeconds,
    onFirstUse,
  });
}

/**
 * Every address of this machine is its own, not only those it listens on: a service on another one is not for peers to reach.
 * `relayPorts` are those of all workers.
 */
export function peerFilterFrom(
  { external, internal, ...config }: Config,
  ownEndpoints: readonly TransportAddress[],
  machine: readonly IpAddress[] = machineAddresses(),
  relayPorts: PortRange = config.relayPorts,
): PeerFilter {
  const { allow, deny } = external.peers;
  const relays = [...external.addresses, ...external.public];
  return new PeerFilter({
    allow,
    deny,
    ownAddresses: [...relays, ...(internal?.addresses ?? []), ...machine],
    ownEndpoints,
    relays: { addresses: relays, ports: relayPorts },
    internalNetworks: [...(internal?.networks ?? []), ...(internal?.addresses ?? []).map(hostPrefix)],
  });
}

/** What the engine is told of our addresses. `isOpen`: whether something of ours is a peer for now. */
export function ownRelaysFrom(
  config: Config,
  isShared: boolean,
  isOpen: (peer: TransportAddress) => boolean,
  relayPorts: PortRange = config.relayPorts,
): OwnRelays {
  const peers = peerFilterFrom(config, []);
  const addresses = addressesOf(config, 'external').all.map(own => ({
    ...own,
    isOpen: peers.isOpened(own.advertised),
  }));
  return { addresses, ports: relayPorts, isShared, isOpen };
}

function hostPrefix(address: IpAddress): Prefix {
  return { address, length: 128, family: familyOf(address) };
}

export function quotasFrom({ limits }: Config): Quotas {
  return new Quotas({
    allocations: limits.allocations,
    allocationsPerIdentity: limits.allocationsPerUser,
    allocationsPerSourcePrefix: limits.allocationsPerPrefix,
  });
}

export function answerBudgetFrom({ limits }: Config): AnswerBudget {
  const { amplification: factor, answersPerSecond, answersBurst: burst } = limits;
  return new AnswerBudget({ ...ANSWER_DEFAULTS, factor, answersPerSecond, burst }, randomBytes(4).readInt32LE());
}

export function connectionBudgetFrom({ limits }: Config): ConnectionBudget {
  return new ConnectionBudget({
    connections: limits.connections,
    connectionsPerSourcePrefix: limits.connectionsPerPrefix,
    handshakesPerSourcePrefix: limits.handshakesPerPrefix,
  });
}

export function turnSettingsFrom(
  config: Config,
  engine: Engine,
  nonceKey: Uint8Array = randomBytes(32),
  worker = { index: 0, count: 1 },
): TurnSettings {
  const { realm, lifetimes, limits, credentials } = config;
  return {
    realm,
    nonceKey,
    nonceLifetimeSeconds: lifetimes.nonceSeconds,
    idleSeconds: lifetimes.idleSeconds,
    lifetimeSeconds: { default: lifetimes.allocationSeconds, most: lifetimes.mostSeconds },
    permissionsPerAllocation: limits.permissionsPerAllocation,
    channelsPerAllocation: limits.channelsPerAllocation,
    connectionsPerAllocation: limits.connectionsPerAllocation,
    canDontFragment: engine.canDontFragment,
    canRelayTcp: engine.canRelayTcp,
    worker,
    // A hash leads back to static users only; where others may come, clients must not be asked to send one.
    features: { passwordAlgorithms: true, anonymity: credentials.secrets.length === 0 },
    randomBytes,
  };
}
