import type { Config } from '../control/config/index.ts';
import type { Prefix } from '../policy/index.ts';
import { type Family, familyOf, type IpAddress, sameIp } from '../wire/index.ts';
import { ANY_PORT, type Feature, hostPrefix, type PortRange, type Traffic, type Use } from './rule.ts';

/** How much a firewall of this kind can say: destinations only, or where packets come from as well. */
export type Policy = 'destination' | 'source-and-destination';

/** Traffic that one key of the configuration asks for. `narrowedBy` names the partner whose addresses it is limited to. */
export interface Need extends Traffic {
  readonly feature: Feature;
  readonly use: Use;
  readonly narrowedBy?: string;
}

export const FAMILIES: readonly Family[] = [4, 6];

export function ownPrefixes(addresses: readonly IpAddress[], family: Family): Prefix[] {
  return addresses.filter(address => familyOf(address) === family).map(hostPrefix);
}

/** A fixed port as a range; none for 0, which is any free port and can't be planned. */
export function fixedPorts(ports: readonly number[]): PortRange[] {
  return ports.filter(port => port !== 0).map(port => ({ first: port, last: port }));
}

/** UDP between every relay port and any port of peers, both ways: either may send first (RFC 8445 §7.2). */
export function relayNeeds(config: Config, family: Family, peers: readonly Prefix[], use: Use): Need[] {
  const own = ownPrefixes(config.external.addresses, family);
  if (own.length === 0) return [];
  const { relayPorts } = config;
  const common = { side: 'external', protocol: 'udp', family, feature: 'relayed-media', use } as const;
  return [
    { ...common, direction: 'out', ...ends(own, relayPorts, peers, ANY_PORT) },
    { ...common, direction: 'in', ...ends(peers, ANY_PORT, own, relayPorts) },
  ];
}

export function ends(
  source: readonly Prefix[],
  sourcePorts: PortRange,
  destination: readonly Prefix[],
  destinationPorts: PortRange,
) {
  return { source, sourcePorts, destination, destinationPorts };
}

/** Loopback meets no firewall. */
export function isLoopback({ address, family }: Prefix): boolean {
  return family === 4 ? address.w3 >>> 24 === 127 : sameIp(address, { w0: 0, w1: 0, w2: 0, w3: 1 });
}
