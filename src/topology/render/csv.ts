import { formatIp } from '../../wire/index.ts';
import type { Plan } from '../plan.ts';
import { addressesText, portsText } from '../rule.ts';
import { oneLine } from './text.ts';
import { shows, type View } from './view.ts';

const RULE_COLUMNS =
  'id,side,direction,family,protocol,source,sourcePorts,destination,destinationPorts,feature,whom,reason,origin'.split(
    ',',
  );

/** RFC 4180, for spreadsheets and tickets. Tables follow each other after an empty line. `verify --rules` reads the first back. */
export function renderCsv(plan: Plan, { what }: View): string {
  const tables = [
    ...(shows(what, 'rules') ? [ruleTable(plan)] : []),
    ...(shows(what, 'nat') && plan.nat.length > 0 ? [natTable(plan)] : []),
    ...(shows(what, 'dns') ? [dnsTable(plan)] : []),
  ];
  return tables.map(rows => rows.map(line).join('')).join('\r\n');
}

function ruleTable({ rules }: Plan): string[][] {
  const rows = rules.map(rule => {
    const { id, side, direction, protocol, feature, uses } = rule;
    const from = [addressesText(rule.source), portsText(rule.sourcePorts)];
    const to = [addressesText(rule.destination), portsText(rule.destinationPorts)];
    const why = (['whom', 'reason', 'origin'] as const).map(key => uses.map(use => use[key]).join('; '));
    return [id, side, direction, `IPv${rule.family}`, protocol, ...from, ...to, feature, ...why];
  });
  return [RULE_COLUMNS, ...rows];
}

function natTable({ nat }: Plan): string[][] {
  const rows = nat.map(t => [
    t.id,
    t.direction,
    formatIp(t.publicAddress),
    formatIp(t.ownAddress),
    t.change,
    'unchanged',
    t.reason,
    t.origin,
  ]);
  return [['id', 'direction', 'publicAddress', 'ownAddress', 'change', 'ports', 'reason', 'origin'], ...rows];
}

function dnsTable({ dns, certificates }: Plan): string[][] {
  return [
    ['view', 'name', 'type', 'value', 'reason'],
    ...dns.map(({ view, owner, type, value, reason }) => [view, owner, type, value, reason]),
    ...certificates.map(({ view, name, reason }) => [view, name, 'certificate', name, reason]),
  ];
}

function line(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/** A cell that a spreadsheet would take for a formula is made text by an apostrophe. */
function cell(raw: string): string {
  const text = oneLine(raw);
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
