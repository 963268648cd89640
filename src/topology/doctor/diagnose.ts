import { certificate } from './checks/certificate.ts';
import { clock } from './checks/clock.ts';
import { credential } from './checks/credential.ts';
import { elsewhere } from './checks/elsewhere.ts';
import { listeners } from './checks/listeners.ts';
import { adminInside, selfTest, workers } from './checks/machine-admin.ts';
import { ownAddresses, portsFree } from './checks/machine-network.ts';
import { ephemeralPorts, openFiles, relayPortsFree } from './checks/machine-ports.ts';
import { mappingIdle, mappingPerDestination } from './checks/mapping.ts';
import { partnerMedia } from './checks/partner-media.ts';
import { peerPolicy } from './checks/peer-policy.ts';
import { allocation, packetSize, relayToRelay } from './checks/relay.ts';
import { relayedAddress } from './checks/relayed-address.ts';
import { relayedIn } from './checks/relayed-in.ts';
import { relayedOut } from './checks/relayed-out.ts';
import { sourceKept } from './checks/source-kept.ts';
import type { Facts, MachineFacts } from './facts.ts';
import type { Result } from './result.ts';

/** In the order in which a person looks for a fault: the machine first, then from being reached to being heard. */
const ON_THE_MACHINE: readonly ((machine: MachineFacts, facts: Facts) => Result[])[] = [
  ownAddresses,
  portsFree,
  relayPortsFree,
  (machine, { expected }) => ephemeralPorts(machine, expected.relayPorts),
  openFiles,
  adminInside,
  selfTest,
  workers,
];
const ON_THE_PATH: readonly ((facts: Facts) => Result[])[] = [
  listeners,
  certificate,
  clock,
  credential,
  sourceKept,
  allocation,
  relayedAddress,
  relayedOut,
  relayedIn,
  partnerMedia,
  mappingPerDestination,
  mappingIdle,
  packetSize,
  relayToRelay,
  elsewhere,
  peerPolicy,
];

/** What facts come to: every check that could be made, good or bad. */
export function diagnose(facts: Facts): Result[] {
  const { machine } = facts;
  return [
    ...(machine === undefined ? [] : ON_THE_MACHINE.flatMap(check => check(machine, facts))),
    ...ON_THE_PATH.flatMap(check => check(facts)),
  ];
}
