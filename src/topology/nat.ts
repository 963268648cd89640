import type { Config } from '../control/config/index.ts';
import { type Family, familyOf, formatIp, type IpAddress, sameIp } from '../wire/index.ts';

/** One direction of the one-to-one translation of an address. Ports are never changed. */
export interface Translation {
  /** `nat-in-131.107.155.30`: stable as long as the public address is. */
  readonly id: string;
  readonly family: Family;
  readonly direction: 'in' | 'out' | 'hairpin';
  readonly publicAddress: IpAddress;
  readonly ownAddress: IpAddress;
  /** What the NAT writes anew; whatever else is in the packet stays. */
  readonly change: 'destination' | 'source' | 'destination and source';
  readonly reason: string;
  readonly origin: string;
}

/** What the NAT in front of the external side has to do; nothing where addresses are not translated. The internal side has no NAT. */
export function translationsOf({ external }: Config): Translation[] {
  const pairs = external.addresses.flatMap((ownAddress, i) => {
    const publicAddress = external.public[i] ?? ownAddress;
    return sameIp(ownAddress, publicAddress) ? [] : [{ ownAddress, publicAddress, origin: `external.public[${i}]` }];
  });
  return pairs.flatMap(pair => {
    const common = { ...pair, family: familyOf(pair.ownAddress) };
    const [own, told] = [formatIp(pair.ownAddress), formatIp(pair.publicAddress)];
    const id = (direction: string) => `nat-${direction}-${told}`;
    return [
      {
        ...common,
        id: id('in'),
        direction: 'in',
        change: 'destination',
        reason: `ChangeDST: what the Internet sends to ${told} reaches the edge at ${own}; the source stays, or the edge could not see who asks.`,
      },
      {
        ...common,
        id: id('out'),
        direction: 'out',
        change: 'source',
        reason: `ChangeSRC: what the edge sends from ${own} leaves as ${told}, the address that clients and peers were told.`,
      },
      {
        ...common,
        id: id('hairpin'),
        direction: 'hairpin',
        change: 'destination and source',
        reason: `Edges of yours behind the same NAT reach this one at ${told} ${portsOf(external)}; the rule that is forgotten most often.`,
      },
    ];
  });
}

/** `on UDP 3478 and TCP 443`, as configured; 0 is any free port and can't be told. */
function portsOf({ udp, tcp }: Config['external']): string {
  const texts = Object.entries({ UDP: udp, TCP: tcp }).flatMap(([protocol, ports]) =>
    ports.some(Boolean) ? [`${protocol} ${ports.filter(Boolean).join(', ')}`] : [],
  );
  return `on ${texts.join(' and ')}`;
}
