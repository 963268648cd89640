import { contains, SPECIAL_PURPOSE } from '../../policy/index.ts';
import { familyOf, formatIp, type IpAddress } from '../../wire/index.ts';
import { accessDoubts } from './access-rules.ts';
import type { Config } from './config.ts';
import type { Finding } from './issues.ts';

/** What works, but is seldom what was meant. */
export function sideDoubts(config: Config): Finding[] {
  return [
    ...toldPrivateAddress(config),
    ...outsideItsNetworks(config),
    ...discoveryTooLong(config),
    ...accessDoubts(config),
  ];
}

/** Networks that the Internet has no way to. Loopback is not among them: whoever uses it is trying things out. */
const UNREACHABLE = SPECIAL_PURPOSE.filter(({ name }) =>
  ['private', 'shared (CGNAT)', 'link-local', 'unique local', 'site-local'].includes(name),
);

function toldPrivateAddress({ external }: Config): Finding[] {
  return external.public.flatMap((ip, i) => {
    const purpose = purposeOf(ip);
    if (purpose === undefined) return [];
    return [
      {
        path: ['external', external.public === external.addresses ? 'address' : 'public', i],
        message: `${formatIp(ip)} is ${purpose}: clients are told it as their relayed address, and nobody on the Internet reaches it`,
        suggestion: 'behind a NAT, name the address it translates to in external.public',
      },
    ];
  });
}

function purposeOf(ip: IpAddress): string | undefined {
  return UNREACHABLE.find(({ prefix }) => contains(prefix, ip))?.name;
}

function outsideItsNetworks({ internal }: Config): Finding[] {
  return (internal?.addresses ?? []).flatMap((ip, i) =>
    internal!.networks.some(network => contains(network, ip))
      ? []
      : [
          {
            path: ['internal', 'address', i],
            message: `${formatIp(ip)} is in none of internal.networks`,
            suggestion: 'add its network, unless it is a network of edges only',
          },
        ],
  );
}

/** A bare Binding request, and what RFC 5780 wants in its answer besides a header: three addresses. */
const BARE_REQUEST = 20;
const ANSWER = { 4: 20 + 3 * 12, 6: 20 + 3 * 24 } as const;

/** Two addresses of a family and two UDP ports are there for RFC 5780, whose clients begin with a bare request. */
function discoveryTooLong({ external, limits }: Config): Finding[] {
  if (external.udp.length < 2) return [];
  const families = external.addresses.map(familyOf);
  const paired = ([4, 6] as const).filter(family => families.filter(one => one === family).length > 1);
  const needed = Math.max(0, ...paired.map(family => ANSWER[family] / BARE_REQUEST));
  if (limits.amplification >= needed) return [];
  const message = `with two addresses and two UDP ports clients can discover what their NAT does (RFC 5780), but the answer to a bare request has ${needed} times its length`;
  return [{ path: ['limits', 'amplification'], message, suggestion: `${needed} or more lets it say so` }];
}
