import { contains, SPECIAL_PURPOSE } from '../../policy/index.ts';
import { formatIp, type IpAddress } from '../../wire/index.ts';
import type { Config } from './config.ts';
import type { Finding } from './issues.ts';

/** What works, but is seldom what was meant. */
export function sideDoubts(config: Config): Finding[] {
  return [...toldPrivateAddress(config), ...outsideItsNetworks(config)];
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
