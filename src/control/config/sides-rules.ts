import { contains, formatPrefix, type Prefix } from '../../policy/index.ts';
import { familyOf, formatIp, type IpAddress, isLoopbackIp, sameIp } from '../../wire/index.ts';
import type { Config } from './config.ts';
import type { Finding } from './issues.ts';

type SideName = 'external' | 'internal';
interface Side {
  readonly name: SideName;
  readonly addresses: readonly IpAddress[];
  readonly udp: readonly number[];
  readonly tcp: readonly number[];
}

/** What can't be true of where the edge stands: its sides, their addresses, and who is told what. */
export function sideContradictions(config: Config): Finding[] {
  const sides = sidesOf(config);
  return [
    ...sides.flatMap(nothingListens),
    ...sides.flatMap(listedTwice),
    ...publicAddresses(config),
    ...sidesMeet(config),
    ...networksHoldExternal(config),
    ...allowedInside(config),
    ...sides.flatMap(side => adminPortTaken(config, side)),
    ...adminOutside(config),
    ...partnersTwice(config),
  ];
}

function sidesOf({ external, internal }: Config): Side[] {
  const outside: Side = { name: 'external', ...external };
  return internal === undefined ? [outside] : [outside, { name: 'internal', ...internal }];
}

function nothingListens({ name, udp, tcp }: Side): Finding[] {
  if (udp.length + tcp.length > 0) return [];
  const suggestion = `name a port in ${name}.udp or ${name}.tcp`;
  return [{ path: [name], message: 'no listener is left', suggestion }];
}

function listedTwice(side: Side): Finding[] {
  const ports = (['udp', 'tcp'] as const).flatMap(key =>
    side[key].flatMap((port, i) => (port !== 0 && side[key].indexOf(port) < i ? [twice(side.name, key, i)] : [])),
  );
  return [...repeated(side.addresses).map(i => twice(side.name, 'address', i)), ...ports];
}

function twice(side: SideName, key: string, i: number): Finding {
  return { path: [side, key, i], message: 'is listed twice' };
}

function repeated(addresses: readonly IpAddress[]): number[] {
  return addresses.flatMap((ip, i) => (addresses.findIndex(other => sameIp(other, ip)) < i ? [i] : []));
}

/** Ports must come through the NAT unchanged, so each address needs a public one to itself. */
function publicAddresses({ external: { addresses, public: told } }: Config): Finding[] {
  if (told === addresses) return [];
  if (told.length !== addresses.length) {
    return [
      {
        path: ['external', 'public'],
        message: `has ${told.length} of ${addresses.length}: one for each external.address is needed, in the same order`,
        suggestion: 'repeat the address itself where nothing translates it',
      },
    ];
  }
  return told.flatMap((ip, i) => publicAddress(ip, i, addresses, told).map(why => ({ path: pathOf(told, i), ...why })));
}

function pathOf(told: readonly IpAddress[], i: number): (string | number)[] {
  return told.length === 1 ? ['external', 'public'] : ['external', 'public', i];
}

function publicAddress(
  ip: IpAddress,
  i: number,
  addresses: readonly IpAddress[],
  told: readonly IpAddress[],
): { message: string; suggestion?: string }[] {
  const own = addresses[i]!;
  if (familyOf(ip) !== familyOf(own)) {
    const message = `${formatIp(ip)} is IPv${familyOf(ip)}, but ${formatIp(own)} in its place of external.address is IPv${familyOf(own)}`;
    return [{ message, suggestion: 'write external.public in the order of external.address' }];
  }
  if (repeated(told).includes(i)) {
    return [
      { message: `${formatIp(ip)} stands for two addresses`, suggestion: 'each needs a public address to itself' },
    ];
  }
  if (!sameIp(ip, own) && addresses.some(other => sameIp(other, ip))) {
    return [{ message: `${formatIp(ip)} is another address of external.address` }];
  }
  return [];
}

function sidesMeet({ external, internal }: Config): Finding[] {
  return (internal?.addresses ?? []).flatMap((ip, i) => {
    const key = [external.addresses, external.public].findIndex(list => list.some(other => sameIp(other, ip)));
    if (key < 0) return [];
    const message = `${formatIp(ip)} is also in external.${key === 0 ? 'address' : 'public'}`;
    return [{ path: ['internal', 'address', i], message, suggestion: 'each side needs an address to itself' }];
  });
}

/** Every relayed address is external: were it inside as well, no client inside could be told from a stranger. */
function networksHoldExternal({ external, internal }: Config): Finding[] {
  const outside = [...external.addresses, ...external.public];
  return (internal?.networks ?? []).flatMap((network, i) => {
    const held = outside.find(ip => contains(network, ip));
    if (held === undefined) return [];
    return [
      {
        path: ['internal', 'networks', i],
        message: `${formatPrefix(network)} contains ${formatIp(held)}, which is external`,
        suggestion: 'name only networks of the enterprise; the perimeter network is none',
      },
    ];
  });
}

function allowedInside({ external, internal }: Config): Finding[] {
  return external.peers.allow.flatMap((allowed, i) => {
    const network = internal?.networks.find(inside => holds(inside, allowed));
    if (network === undefined) return [];
    return [
      {
        path: ['external', 'peers', 'allow', i],
        message: `${formatPrefix(allowed)} lies in internal.networks (${formatPrefix(network)}), where nothing is ever relayed to`,
        suggestion: 'remove it: clients inside are reached through relays of their own',
      },
    ];
  });
}

export function holds(outer: Prefix, inner: Prefix): boolean {
  return outer.length <= inner.length && contains(outer, inner.address);
}

function adminPortTaken({ admin }: Config, side: Side): Finding[] {
  if (admin === undefined || admin.port === 0 || !side.tcp.includes(admin.port)) return [];
  const shared =
    side.addresses.find(ip => sameIp(ip, admin.address)) ?? (isWildcard(admin.address) ? admin.address : undefined);
  if (shared === undefined) return [];
  return [
    {
      path: ['admin', 'port'],
      message: `${formatIp(shared)} port ${admin.port} is also in ${side.name}.tcp`,
      suggestion: 'choose another port for one of them',
    },
  ];
}

/** Nobody but this machine reaches loopback, so there an edge to try things on may have both. */
function adminOutside({ admin, external }: Config): Finding[] {
  if (admin === undefined || admin.allowExternal || isLoopbackIp(admin.address)) return [];
  const outside = external.addresses.some(ip => sameIp(ip, admin.address));
  if (!outside && !isWildcard(admin.address)) return [];
  return [
    {
      path: ['admin', 'address'],
      message: `${formatIp(admin.address)} ${outside ? 'is on the external side' : 'is every address, those of the external side too'}: strangers would reach the admin listener`,
      suggestion: 'name an internal address or 127.0.0.1, or force it with admin.allowExternal: true',
    },
  ];
}

function partnersTwice({ federation }: Config): Finding[] {
  const names = federation.map(partner => partner.name.toLowerCase());
  return names.flatMap((name, i) =>
    names.indexOf(name) < i ? [{ path: ['federation', i, 'name'], message: 'is listed twice' }] : [],
  );
}

function isWildcard(ip: IpAddress): boolean {
  return ip.w0 === 0 && ip.w1 === 0 && (ip.w2 === 0xffff || ip.w2 === 0) && ip.w3 === 0;
}
