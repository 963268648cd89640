import type { Config } from '../control/config/index.ts';
import { FAMILIES, isLoopback, type Need, relayNeeds } from './need.ts';

/**
 * Peers that relays exchange packets with directly. An edge without an internal side is a plain TURN server: its peers are anywhere on
 * the Internet. One with an internal side has its calls relay to relay, inside the edge, and needs this only for named networks.
 */
export function peerNeeds(config: Config): Need[] {
  const { external, internal } = config;
  const anywhere = FAMILIES.flatMap(family =>
    internal === undefined
      ? relayNeeds(config, family, [], {
          whom: 'peers on the Internet',
          reason: 'Relays exchange media with peers anywhere: an edge without an internal side is a plain TURN server.',
          origin: 'relayPorts',
        })
      : [],
  );
  const allowed = external.peers.allow.flatMap((prefix, i) =>
    relayNeeds(config, prefix.family, [prefix], {
      whom: 'allowed peers',
      reason: 'Relays exchange media with this network, which the peer policy allows.',
      origin: `external.peers.allow[${i}]`,
    }).map(need => ({ ...need, narrowedBy: `allow-${i}` })),
  );
  return [...anywhere, ...allowed.filter(({ source, destination }) => ![...source, ...destination].some(isLoopback))];
}
