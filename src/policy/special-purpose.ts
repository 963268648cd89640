import { type Prefix, parsePrefix } from './prefix.ts';

/** A built-in rule: what the network is for, and whether relaying to it is denied unless the operator allows it. */
export interface SpecialPurpose {
  readonly name: string;
  readonly prefix: Prefix;
  readonly denied: boolean;
}

/**
 * Addresses no stranger's media belongs to: the IANA special-purpose registries (RFC 6890) of both families, and where clouds
 * keep their secrets. The longest match names the rule.
 */
const DENIED: Readonly<Record<string, readonly string[]>> = {
  'this network': ['0.0.0.0/8'], // RFC 791 §3.2
  loopback: ['127.0.0.0/8', '::1'], // RFC 1122 §3.2.1.3, RFC 4291 §2.5.3
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'], // RFC 1918 §3
  'shared (CGNAT)': ['100.64.0.0/10'], // RFC 6598 §7
  'link-local': ['169.254.0.0/16', 'fe80::/10'], // RFC 3927 §1.2, RFC 4291 §2.5.6
  'site-local': ['fec0::/10'], // RFC 3879
  'unique local': ['fc00::/7'], // RFC 4193 §3.1
  multicast: ['224.0.0.0/4', 'ff00::/8'], // RFC 5771 §3, RFC 4291 §2.7
  broadcast: ['255.255.255.255'], // RFC 919 §7
  // TEST-NET-1 to -3 of RFC 5737 §3, RFC 3849 §4, RFC 9637 §3
  documentation: ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'],
  benchmarking: ['198.18.0.0/15', '2001:2::/48'], // RFC 2544, RFC 5180
  'cloud metadata': [
    '169.254.169.254', // AWS, Azure, Google, Oracle, OpenStack and others
    '169.254.170.2', // AWS ECS
    '169.254.170.23', // AWS EKS
    '169.254.42.42', // Scaleway
    '168.63.129.16', // Azure wire server, in public space
    '100.100.100.200', // Alibaba
    '192.0.0.192', // Oracle
    'fd00:ec2::254', // AWS
    'fd00:ec2::23', // AWS EKS
    'fd20:ce::254', // Google
    'fd00:42::42', // Scaleway
  ],
  'protocol assignments': ['192.0.0.0/24', '2001::/23'], // RFC 6890 §2.2.2, RFC 2928
  AS112: ['192.31.196.0/24', '192.175.48.0/24', '2620:4f:8000::/48'], // RFC 7535, RFC 7534
  AMT: ['192.52.193.0/24', '2001:3::/32'], // RFC 7450
  '6to4 relay anycast': ['192.88.99.0/24'], // RFC 7526
  Teredo: ['2001::/32'], // RFC 4380
  ORCHID: ['2001:10::/28', '2001:20::/28'], // RFC 4843, RFC 7343
  'drone identifiers': ['2001:30::/28'], // RFC 9374
  'discard-only': ['100::/64'], // RFC 6666
  dummy: ['100:0:0:1::/64'], // RFC 9780
  'local-use NAT64': ['64:ff9b:1::/48'], // RFC 8215
  'segment routing': ['5f00::/16'], // RFC 9602
  'IPv4-compatible': ['::/96'], // RFC 4291 §2.5.5.1
  'IPv4-translated': ['::ffff:0:0:0/96'], // RFC 2765
  '6bone': ['3ffe::/16'], // RFC 3701
  // Only 2000::/3 of IPv6 is handed out as global unicast; what else is not named above is nobody's.
  reserved: ['240.0.0.0/4', '::/3', '4000::/2', '8000::/1'], // RFC 1112 §4
};

/** Carved out of the above: NAT64 (RFC 6052 §2.1) is judged by the IPv4 address inside. */
const NOT_DENIED: Readonly<Record<string, readonly string[]>> = { NAT64: ['64:ff9b::/96'] };

export const SPECIAL_PURPOSE: readonly SpecialPurpose[] = [...table(DENIED, true), ...table(NOT_DENIED, false)];

function table(rows: Readonly<Record<string, readonly string[]>>, denied: boolean): SpecialPurpose[] {
  return Object.entries(rows).flatMap(([name, prefixes]) =>
    prefixes.map(text => ({ name, prefix: known(text), denied })),
  );
}

function known(text: string): Prefix {
  const prefix = parsePrefix(text);
  if ('problem' in prefix) throw new Error(prefix.problem);
  return prefix;
}
