import type { Config } from '../control/index.ts';
import { type IpAddress, OwnAddresses, sameIp } from '../wire/index.ts';

/** Which of the edge's two sides: the Internet's, or the enterprise's. */
export type Side = 'external' | 'internal';

/** One side as clients come to it. */
export interface SideOfEdge {
  readonly side: Side;
  /** As sockets know them, and as clients on this side are told them: no NAT lies on the internal side. */
  readonly addresses: OwnAddresses;
  readonly udp: readonly number[];
  readonly tcp: readonly number[];
  /** The network interface that its sockets are bound to. */
  readonly device: string | undefined;
}

/** External first; an edge may have no inside. */
export function sidesFrom({ external, internal }: Config): SideOfEdge[] {
  const outside = external.addresses.map((local, i) => ({ local, advertised: external.public[i]! }));
  const inside = internal?.addresses.map(local => ({ local, advertised: local }));
  return [
    {
      side: 'external',
      addresses: new OwnAddresses(outside),
      udp: external.udp,
      tcp: external.tcp,
      device: external.device,
    },
    ...(internal && inside
      ? [
          {
            side: 'internal' as const,
            addresses: new OwnAddresses(inside),
            udp: internal.udp,
            tcp: internal.tcp,
            device: internal.device,
          },
        ]
      : []),
  ];
}

export function sideNames(config: Config): Side[] {
  return sidesFrom(config).map(({ side }) => side);
}

/** The network interface that the sockets of an address are bound to, if the configuration names one. */
export function deviceOf({ external, internal }: Config, address: IpAddress): string | undefined {
  const isInside = internal?.addresses.some(inside => sameIp(inside, address));
  return isInside ? internal?.device : external.device;
}

/** The addresses of one side: none when the edge has no such side. */
export function addressesOf(config: Config, side: Side): OwnAddresses {
  return sidesFrom(config).find(one => one.side === side)?.addresses ?? new OwnAddresses([]);
}

/** The side whose address a client came to. */
export function sideOf({ internal }: Config, local: IpAddress): Side {
  return internal?.addresses.some(address => sameIp(address, local)) ? 'internal' : 'external';
}
