import { familyOf, sameAddress, sameIp, type TransportAddress, withPort } from '../wire/index.ts';

/** The listener with the other IP address and the other port; undefined for those that have none. */
export type AlternateOf = (local: TransportAddress) => TransportAddress | undefined;

/**
 * Pairs of addresses that answer for each other (RFC 5780 §6.1): the first two IP addresses of a family with their first two UDP ports,
 * where all four are open.
 */
export function alternatesAmong(udp: readonly TransportAddress[]): AlternateOf {
  const pairs = ([4, 6] as const).flatMap(family => pairsAmong(udp.filter(one => familyOf(one) === family)));
  return local => pairs.find(([one]) => sameAddress(one, local))?.[1];
}

function pairsAmong(udp: readonly TransportAddress[]): (readonly [TransportAddress, TransportAddress])[] {
  const [first] = udp;
  const ip = udp.find(one => !sameIp(one, first!));
  const port = udp.find(one => one.port !== first!.port);
  if (first === undefined || ip === undefined || port === undefined) return [];
  const [both, here, there] = [withPort(ip, port.port), withPort(first, port.port), withPort(ip, first.port)];
  if (![both, here, there].every(one => udp.some(open => sameAddress(open, one)))) return [];
  return [
    [first, both],
    [both, first],
    [here, there],
    [there, here],
  ];
}
