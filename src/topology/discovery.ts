import type { Config } from '../control/config/index.ts';
import { ends, FAMILIES, fixedPorts, type Need, ownPrefixes } from './need.ts';
import { ANY_PORT } from './rule.ts';

/**
 * Clients that test their NAT have answers sent from an address or port that they have sent nothing to (RFC 5780 §6.1): no state lets
 * those out. An edge does so with two addresses of a family and two UDP ports.
 */
export function discoveryNeeds({ external }: Config): Need[] {
  return FAMILIES.flatMap(family => {
    const own = ownPrefixes(external.addresses, family).slice(0, 2);
    const ports = fixedPorts(external.udp).slice(0, 2);
    if (own.length < 2 || ports.length < 2) return [];
    return ports.map(
      (port): Need => ({
        side: 'external',
        direction: 'out',
        protocol: 'udp',
        family,
        feature: 'nat-discovery',
        ...ends(own, port, [], ANY_PORT),
        use: {
          whom: 'clients that test their NAT',
          reason: 'Answers come from another address or port than was asked, as they wish it (RFC 5780).',
          origin: 'external.address',
        },
      }),
    );
  });
}
