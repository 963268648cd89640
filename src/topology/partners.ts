import type { Config, FederationKind, FederationPartner } from '../control/config/index.ts';
import type { Family } from '../wire/index.ts';
import { ends, FAMILIES, fixedPorts, type Need, ownPrefixes, type Policy, relayNeeds } from './need.ts';
import { ANY_PORT, type Direction, type Feature, type PortRange, type Protocol } from './rule.ts';

/** What the edges of partners of these kinds listen on, and where their relays are. */
const PARTNER = {
  udp: { first: 3478, last: 3478 },
  tcp: { first: 443, last: 443 },
  relays: { first: 50_000, last: 59_999 },
} as const;

/** Which ports a connection in the table below has at its two ends. On the way in the documents let sources be any, and so does the plan. */
type Ports = 'listener' | 'relays';

interface Row {
  readonly direction: Direction;
  readonly protocol: Protocol;
  readonly source: Ports;
  readonly destination: Ports;
  readonly feature: Feature;
  readonly reason: string;
}

const NEWER: readonly Row[] = [
  {
    direction: 'in',
    protocol: 'tcp',
    source: 'relays',
    destination: 'listener',
    feature: 'tcp-media',
    reason: 'The partner sends media over TCP: application sharing, file transfer, and audio and video without UDP.',
  },
  {
    direction: 'in',
    protocol: 'udp',
    source: 'listener',
    destination: 'listener',
    feature: 'edge-to-edge',
    reason: 'The edge of the partner sends audio and video to this edge over UDP.',
  },
  {
    direction: 'out',
    protocol: 'tcp',
    source: 'relays',
    destination: 'listener',
    feature: 'tcp-media',
    reason: 'Media goes to the partner over TCP: application sharing, file transfer, and audio and video without UDP.',
  },
  {
    direction: 'out',
    protocol: 'udp',
    source: 'listener',
    destination: 'listener',
    feature: 'edge-to-edge',
    reason: 'Audio and video go from this edge to the edge of the partner over UDP.',
  },
];

/** OCS 2007 does not know edge-to-edge UDP: its media goes from relay port to relay port, both ways. */
const OLDEST: readonly Row[] = [
  ...NEWER.filter(row => row.protocol === 'tcp' || row.direction === 'in'),
  ...(['in', 'out'] as const).flatMap(direction =>
    (['udp', 'tcp'] as const).map(
      (protocol): Row => ({
        direction,
        protocol,
        source: 'relays',
        destination: 'relays',
        feature: protocol === 'udp' ? 'relayed-media' : 'tcp-media',
        reason: `OCS 2007 ${direction === 'in' ? 'sends' : 'takes'} ${protocol.toUpperCase()} media from relay port to relay port; later versions do not.`,
      }),
    ),
  ),
];

const ROWS: Readonly<Record<Exclude<FederationKind, 'standard'>, readonly Row[]>> = {
  lync: NEWER,
  ocs2007r2: NEWER,
  ocs2007: OLDEST,
};

/** What media between this edge and a partner's needs. */
export function partnerNeeds(config: Config, partner: FederationPartner, origin: string, policy: Policy): Need[] {
  const narrowed = partner.addresses.length > 0 ? { narrowedBy: partner.name.toLowerCase() } : {};
  return FAMILIES.flatMap(family => familyNeeds(config, partner, origin, policy, family)).map(need => ({
    ...need,
    ...narrowed,
  }));
}

function familyNeeds(
  config: Config,
  partner: FederationPartner,
  origin: string,
  policy: Policy,
  family: Family,
): Need[] {
  const theirs = partner.addresses.filter(prefix => prefix.family === family);
  if (partner.addresses.length > 0 && theirs.length === 0) return [];
  const whom = `${partner.name} (${partner.kind})`;
  if (partner.kind === 'standard') {
    const reason = 'Relays exchange media with peers and relays of this partner, wherever ICE finds them.';
    return relayNeeds(config, family, theirs, { whom, reason, origin });
  }
  const own = ownPrefixes(config.external.addresses, family);
  if (family === 6 || own.length === 0) return []; // ADR 12: the Microsoft dialect is IPv4
  return ROWS[partner.kind].flatMap(row =>
    (row.direction === 'in' ? portsHere(config, row.protocol, row.destination) : [portsThere(row)]).map(
      (destinationPorts): Need => ({
        side: 'external',
        direction: row.direction,
        protocol: row.protocol,
        family,
        feature: row.feature,
        ...(row.direction === 'in'
          ? ends(theirs, ANY_PORT, own, destinationPorts)
          : ends(own, sourceHere(config, row, policy), theirs, destinationPorts)),
        use: {
          whom,
          reason: row.reason,
          origin,
        },
      }),
    ),
  );
}

function portsThere({ protocol, destination }: Row): PortRange {
  return destination === 'relays' ? PARTNER.relays : PARTNER[protocol];
}

function portsHere({ external, relayPorts }: Config, protocol: Protocol, ports: Ports): readonly PortRange[] {
  return ports === 'relays' ? [relayPorts] : fixedPorts(external[protocol]);
}

function sourceHere(config: Config, { protocol, source }: Row, policy: Policy): PortRange {
  if (policy === 'destination') return ANY_PORT;
  const here = portsHere(config, protocol, source);
  return here.find(({ first }) => first === PARTNER.udp.first) ?? here[0] ?? ANY_PORT;
}
