import type { Config } from '../control/config/index.ts';
import { isUnspecified, type Prefix } from '../policy/index.ts';
import { type IpAddress, sameIp } from '../wire/index.ts';
import { ends, FAMILIES, fixedPorts, isLoopback, type Need, ownPrefixes } from './need.ts';
import { ANY_PORT, hostPrefix } from './rule.ts';

const REMOTE_USERS = 'remote users';
const INTERNAL_USERS = 'internal users';

const CLIENT_REASON = {
  udp: 'They reach STUN and TURN over UDP, which audio and video prefer.',
  tcp: 'They reach TURN over TCP and TLS when their network blocks UDP.',
} as const;

/** Remote users, on the external side. */
export function clientNeeds({ external }: Config): Need[] {
  return listenerNeeds('external', external, [], REMOTE_USERS);
}

/** Users inside, on the internal side. */
export function internalNeeds({ internal }: Config): Need[] {
  return internal === undefined ? [] : listenerNeeds('internal', internal, internal.networks, INTERNAL_USERS);
}

function listenerNeeds(
  side: 'external' | 'internal',
  { addresses, udp, tcp }: { addresses: readonly IpAddress[]; udp: readonly number[]; tcp: readonly number[] },
  from: readonly Prefix[],
  whom: string,
): Need[] {
  return FAMILIES.flatMap(family => {
    const [own, source] = [ownPrefixes(addresses, family), from.filter(prefix => prefix.family === family)];
    if (own.length === 0 || (from.length > 0 && source.length === 0)) return [];
    return (['udp', 'tcp'] as const).flatMap(protocol =>
      fixedPorts(protocol === 'udp' ? udp : tcp).map(
        (port): Need => ({
          side,
          direction: 'in',
          protocol,
          family,
          source,
          sourcePorts: ANY_PORT,
          destination: own,
          destinationPorts: port,
          feature: `client-${protocol}`,
          use: {
            whom,
            reason: CLIENT_REASON[protocol],
            origin: `${side}.${protocol}`,
          },
        }),
      ),
    );
  });
}

/** Management is opened to the internal networks, and never to the Internet even where the configuration forces its listener there. */
export function adminNeeds({ admin, external, internal }: Config): Need[] {
  if (admin === undefined || isLoopback(hostPrefix(admin.address))) return [];
  if (external.addresses.some(address => sameIp(address, admin.address))) return [];
  const addresses = isUnspecified(admin.address) ? (internal?.addresses ?? []) : [admin.address];
  return FAMILIES.flatMap(family => {
    const own = ownPrefixes(addresses, family);
    const source = (internal?.networks ?? []).filter(prefix => prefix.family === family);
    if (own.length === 0) return [];
    return fixedPorts([admin.port]).map(
      (port): Need => ({
        side: 'internal',
        direction: 'in',
        protocol: 'tcp',
        family,
        feature: 'administration',
        ...ends(source, ANY_PORT, own, port),
        use: {
          whom: 'administrators',
          reason: 'They reach metrics, health checks and the admin API; narrow it to their machines.',
          origin: 'admin.port',
        },
      }),
    );
  });
}
