import { formatIp } from '../../wire/index.ts';
import type { Translation } from '../nat.ts';
import type { Plan } from '../plan.ts';
import { type Direction, isAnyPort, portsText, prefixText, type Rule } from '../rule.ts';
import { atMost, oneLine, reasonsOf } from './text.ts';
import { shows, type View } from './view.ts';

/** Bytes that nft takes as a comment. */
const MOST_COMMENT = 127;

/** For `nft -f`: a table of its own that is replaced as a whole when loaded again; other tables are left alone. */
export function renderNftables(plan: Plan, { what, at }: View): string {
  const withNat = what === 'nat' || (what === 'all' && at === 'perimeter');
  return [
    '#!/usr/sbin/nft -f',
    '# Made by `sallyport firewall plan`. Check with `nft -c -f FILE`, load with `nft -f FILE`; loading it again replaces it.',
    ...(shows(what, 'rules') ? filterTable(plan, at) : []),
    ...(withNat ? natTables(plan.nat) : []),
    '',
  ].join('\n');
}

function filterTable({ rules }: Plan, at: View['at']): string[] {
  const of = (direction: Direction) => rules.filter(rule => rule.direction === direction);
  const hasIpv6 = rules.some(({ family }) => family === 6);
  const chains =
    at === 'edge'
      ? [...edgeChain('input', of('in'), hasIpv6), ...edgeChain('output', of('out'), hasIpv6)]
      : [...chain('forward', [...ANSWERS, ...rules.flatMap(ruleLines)])];
  return [
    `# Whatever ${at === 'edge' ? 'enters or leaves this machine' : 'is forwarded'} and is not named here is dropped,`,
    `# ${at === 'edge' ? 'SSH, DNS and NTP included' : 'for other machines too'}: add what is yours to the chains.`,
    ...replaced('inet sallyport', chains),
  ];
}

function replaced(table: string, body: readonly string[]): string[] {
  return [`table ${table}`, `delete table ${table}`, `table ${table} {`, ...body, '}'];
}

/** ICMP errors, which path MTU discovery lives on, are `related`. */
const ANSWERS = ['ct state established,related accept comment "answers"'];

function edgeChain(hook: 'input' | 'output', rules: readonly Rule[], hasIpv6: boolean): string[] {
  const interfaceKey = hook === 'input' ? 'iifname' : 'oifname';
  return chain(hook, [
    `${interfaceKey} "lo" accept comment "relay to relay inside the edge"`,
    ...ANSWERS,
    ...(hasIpv6 ? [`icmpv6 type { ${NEIGHBOURS} } accept comment "IPv6 cannot do without"`] : []),
    ...rules.flatMap(ruleLines),
  ]);
}

/** RFC 4890 §4.4.1: what a host must exchange with its link. */
const NEIGHBOURS =
  'nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert, mld-listener-query, mld-listener-report, mld2-listener-report';

function chain(hook: string, statements: readonly string[]): string[] {
  return [
    `\tchain ${hook} {`,
    `\t\ttype filter hook ${hook} priority filter; policy drop;`,
    ...statements.map(statement => `\t\t${statement}`),
    '\t}',
  ];
}

function ruleLines(rule: Rule): string[] {
  const ip = rule.family === 4 ? 'ip' : 'ip6';
  const terms = [
    ...(rule.source.length > 0 ? [`${ip} saddr ${setOf(rule.source.map(prefixText))}`] : []),
    ...(rule.destination.length > 0 ? [`${ip} daddr ${setOf(rule.destination.map(prefixText))}`] : []),
    ...portTerms(rule),
  ];
  return [`# ${reasonsOf(rule)}`, `${terms.join(' ')} accept ${commentOf(rule.id)}`];
}

function portTerms({ protocol, sourcePorts, destinationPorts }: Rule): string[] {
  const terms = [
    ...(isAnyPort(sourcePorts) ? [] : [`${protocol} sport ${portsText(sourcePorts)}`]),
    ...(isAnyPort(destinationPorts) ? [] : [`${protocol} dport ${portsText(destinationPorts)}`]),
  ];
  return terms.length > 0 ? terms : [`meta l4proto ${protocol}`];
}

function setOf(texts: readonly string[]): string {
  return texts.length === 1 ? texts[0]! : `{ ${texts.join(', ')} }`;
}

/** nft has no escapes inside its quotes. */
function commentOf(text: string): string {
  return `comment "${atMost(oneLine(text).replaceAll('"', "'"), MOST_COMMENT)}"`;
}

/** Neither rule names an interface, so that edges behind the same NAT reach each other's public addresses as well. */
function natTables(nat: readonly Translation[]): string[] {
  return ([4, 6] as const).flatMap(family => {
    const of = (direction: 'in' | 'out') => nat.filter(t => t.family === family && t.direction === direction);
    if (of('in').length === 0) return [];
    const ip = family === 4 ? 'ip' : 'ip6';
    const lines = (direction: 'in' | 'out') => of(direction).map(t => `\t\t${translationText(ip, t)}`);
    return replaced(`${ip} sallyport_nat`, [
      '\tchain prerouting {',
      '\t\ttype nat hook prerouting priority dstnat; policy accept;',
      ...lines('in'),
      '\t}',
      '\tchain postrouting {',
      '\t\ttype nat hook postrouting priority srcnat; policy accept;',
      ...lines('out'),
      '\t}',
    ]);
  });
}

function translationText(ip: string, { id, direction, publicAddress, ownAddress }: Translation): string {
  const [told, own] = [formatIp(publicAddress), formatIp(ownAddress)];
  const rewrite = direction === 'in' ? `daddr ${told} dnat to ${own}` : `saddr ${own} snat to ${told}`;
  return `${ip} ${rewrite} ${commentOf(id)}`;
}
