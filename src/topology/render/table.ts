import { formatIp } from '../../wire/index.ts';
import type { CertificateNeed, DnsRecord } from '../names.ts';
import type { Translation } from '../nat.ts';
import type { Plan } from '../plan.ts';
import { addressesText, portsText, type Rule } from '../rule.ts';
import { oneLine } from './text.ts';
import { shows, type View } from './view.ts';

const HEADINGS = [
  ['external', 'in', 'External side, into the edge'],
  ['external', 'out', 'External side, out of the edge'],
  ['internal', 'in', 'Internal side, into the edge'],
  ['internal', 'out', 'Internal side, out of the edge'],
] as const;

/** For people: each rule on a line, below it who needs it and why. */
export function renderTable(plan: Plan, { what }: View): string {
  const parts = [
    ...(shows(what, 'rules') ? [ruleSections(plan)] : []),
    ...(shows(what, 'nat') ? [natSection(plan.nat)] : []),
    ...(shows(what, 'dns') ? [dnsSection(plan.dns), certificateSection(plan.certificates)] : []),
    plan.notes.map(note => `Note: ${note}`).join('\n'),
  ];
  return `${parts.filter(part => part !== '').join('\n\n')}\n`;
}

function ruleSections({ rules, policy }: Plan): string {
  const means =
    policy === 'destination' ? 'destinations only: any source port' : 'sources and destinations, each with its ports';
  const lines = HEADINGS.flatMap(([side, direction, heading]) => {
    const here = rules.filter(rule => rule.side === side && rule.direction === direction);
    return here.length === 0 ? [] : ['', heading, ...columns(here.map(ruleCells)).flatMap(withReasons(here))];
  });
  const answers = 'Everything else stays closed. Answers come back by state: rules are about first packets.';
  return [`Firewall rules (${means})`, answers, ...lines].join('\n');
}

function ruleCells(rule: Rule): string[] {
  return [
    `  ${oneLine(rule.id)}`,
    rule.protocol.toUpperCase(),
    `${addressesText(rule.source)} : ${portsText(rule.sourcePorts)}`,
    `-> ${addressesText(rule.destination)} : ${portsText(rule.destinationPorts)}`,
  ];
}

function withReasons(rules: readonly Rule[]) {
  return (line: string, i: number): string[] => [
    line,
    ...rules[i]!.uses.map(({ whom, reason, origin }) => oneLine(`${whom}: ${reason} (${origin})`)).map(
      t => `      ${t}`,
    ),
  ];
}

function natSection(nat: readonly Translation[]): string {
  if (nat.length === 0) return '';
  const cells = nat.map(({ id, publicAddress, ownAddress, change, direction }) => {
    const [told, own] = [formatIp(publicAddress), formatIp(ownAddress)];
    const arrow = direction === 'out' ? `${own} -> ${told}` : `${told} -> ${own}`;
    return [`  ${id}`, `change ${change}`, arrow, 'ports unchanged'];
  });
  const lines = columns(cells).flatMap((line, i) => [line, `      ${nat[i]!.reason}`]);
  return ['NAT in front of the external side (one to one; none on the internal side)', ...lines].join('\n');
}

function dnsSection(dns: readonly DnsRecord[]): string {
  if (dns.length === 0) return '';
  const rows = columns(dns.map(({ view, owner, type, value }) => [`  ${view}`, owner, type, value]));
  return ['DNS', ...rows].join('\n');
}

function certificateSection(certificates: readonly CertificateNeed[]): string {
  if (certificates.length === 0) return '';
  const rows = columns(certificates.map(({ view, name, reason }) => [`  ${view}`, name, reason]));
  return ['Certificate names', ...rows].join('\n');
}

/** Rows with their cells one below the other. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(cell.length, most[i] ?? 0)), []);
  return rows.map(row =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}
