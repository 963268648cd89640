import { formatPrefix, type Prefix } from '../../policy/index.ts';
import { formatIp } from '../../wire/index.ts';
import type { Translation } from '../nat.ts';
import type { Plan } from '../plan.ts';
import { isAnyPort, type PortRange, type Rule } from '../rule.ts';
import { atMost, oneLine, reasonsOf } from './text.ts';
import { shows, type View } from './view.ts';

/** The longest comment iptables takes has 255 bytes. */
const MOST_COMMENT = 250;

/** For both `iptables-restore` and `ip6tables-restore`: each passes over the lines of the other family (`-4`, `-6`). */
export function renderIptables(plan: Plan, { what, at }: View): string {
  const withNat = what === 'nat' || (what === 'all' && at === 'perimeter');
  return [
    '# Made by `sallyport firewall plan`. One file for iptables-restore and ip6tables-restore; check with `--test`.',
    ...(shows(what, 'rules') ? filterTable(plan, at) : []),
    ...(withNat ? natTable(plan.nat) : []),
    '',
  ].join('\n');
}

function filterTable({ rules }: Plan, at: View['at']): string[] {
  const hasIpv6 = rules.some(({ family }) => family === 6);
  const ways = at === 'edge' ? ['INPUT', 'OUTPUT'] : ['FORWARD'];
  return [
    '# It replaces the whole filter table; SSH, DNS and NTP are dropped unless you add them.',
    '*filter',
    ...['INPUT', 'FORWARD', 'OUTPUT'].map(name => `:${name} ${ways.includes(name) ? 'DROP' : 'ACCEPT'} [0:0]`),
    ...ways.flatMap(name => [
      ...(name === 'INPUT' ? ['-A INPUT -i lo -j ACCEPT'] : name === 'OUTPUT' ? ['-A OUTPUT -o lo -j ACCEPT'] : []),
      `-A ${name} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`,
      ...(hasIpv6 && at === 'edge'
        ? NEIGHBOURS.map(t => `-6 -A ${name} -p ipv6-icmp --icmpv6-type ${t} -j ACCEPT`)
        : []),
    ]),
    ...rules.flatMap(rule => ruleLines(rule, at)),
    'COMMIT',
  ];
}

/** RFC 4890 §4.4.1, by number: router and neighbour discovery, multicast listeners. */
const NEIGHBOURS = ['130', '131', '133', '134', '135', '136', '143'];

function ruleLines(rule: Rule, at: View['at']): string[] {
  const chain = at === 'perimeter' ? 'FORWARD' : rule.direction === 'in' ? 'INPUT' : 'OUTPUT';
  const terms = [
    `-${rule.family}`,
    `-A ${chain}`,
    ...addressTerm('-s', rule.source),
    ...addressTerm('-d', rule.destination),
    `-p ${rule.protocol} -m ${rule.protocol}`,
    ...portTerm('--sport', rule.sourcePorts),
    ...portTerm('--dport', rule.destinationPorts),
    `-m comment --comment ${quoted(rule.id)}`,
    '-j ACCEPT',
  ];
  return [`# ${reasonsOf(rule)}`, terms.join(' ')];
}

function addressTerm(option: string, prefixes: readonly Prefix[]): string[] {
  return prefixes.length === 0 ? [] : [`${option} ${prefixes.map(formatPrefix).join(',')}`];
}

function portTerm(option: string, ports: PortRange): string[] {
  if (isAnyPort(ports)) return [];
  return [`${option} ${ports.first === ports.last ? ports.first : `${ports.first}:${ports.last}`}`];
}

function quoted(text: string): string {
  return `"${atMost(oneLine(text), MOST_COMMENT).replaceAll(/["\\]/g, '\\$&')}"`;
}

function natTable(nat: readonly Translation[]): string[] {
  const lines = nat.flatMap(({ id, direction, family, publicAddress, ownAddress }) => {
    const [told, own] = [formatIp(publicAddress), formatIp(ownAddress)];
    const comment = `-m comment --comment ${quoted(id)}`;
    if (direction === 'in') return [`-${family} -A PREROUTING -d ${told} ${comment} -j DNAT --to-destination ${own}`];
    return direction === 'out' ? [`-${family} -A POSTROUTING -s ${own} ${comment} -j SNAT --to-source ${told}`] : [];
  });
  const chains = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map(name => `:${name} ACCEPT [0:0]`);
  return lines.length === 0 ? [] : ['*nat', ...chains, ...lines, 'COMMIT'];
}
