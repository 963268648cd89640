import { z } from 'zod';
import { type Prefix, parsePrefix } from '../../policy/index.ts';
import { ANY_PORT, type PortRange } from '../rule.ts';
import { portInterval, prefixInterval } from './box.ts';
import { hasFamily, hasProtocol, hasState, isIn } from './conditions.ts';
import type { BaseChain, Condition, FirewallRule, Hook, Ruleset } from './ruleset.ts';

/** A rule list that can't be read, and where. */
export interface NotARuleList {
  readonly problem: string;
}

const ports = z
  .union([z.string(), z.int()])
  .default('any')
  .transform((value, ctx): PortRange => {
    const text = String(value).trim();
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
    if (first !== undefined && Number(last) <= 65535) return { first: Number(first), last: Number(last) };
    if (text !== 'any' && text !== '') ctx.addIssue(`"${text}" is no port, range or any`);
    return ANY_PORT;
  });

const addresses = z
  .union([z.string(), z.array(z.string())])
  .default('any')
  .transform((value, ctx): Prefix[] => {
    const texts = (Array.isArray(value) ? value : value.split(/[,;\s]+/)).filter(text => text !== '' && text !== 'any');
    return texts.flatMap(text => {
      const prefix = parsePrefix(text);
      if ('problem' in prefix) ctx.addIssue(prefix.problem);
      return 'problem' in prefix ? [] : [prefix];
    });
  });

const row = z.object({
  id: z.string().default(''),
  direction: z.enum(['in', 'out']),
  protocol: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['udp', 'tcp'])),
  source: addresses,
  sourcePorts: ports,
  destination: addresses,
  destinationPorts: ports,
});

const list = z.array(row, 'is no list of rules');

/** What is let through, row by row, as `plan --format json` and `--format csv` write it; whatever is in no row is dropped. */
export function readRuleList(text: string): Ruleset | NotARuleList {
  const rows = text.trimStart().match(/^[[{]/) ? jsonRows(text) : csvRows(text);
  if ('problem' in rows) return rows;
  const parsed = list.safeParse(rows.values);
  if (!parsed.success) return { problem: problemOf(parsed.error.issues[0]!, rows.place) };
  return rulesetOf(parsed.data, rows.place);
}

interface Rows {
  readonly values: unknown;
  /** The name of a row, from its index. */
  readonly place: (index: number) => string;
}

function jsonRows(text: string): Rows | NotARuleList {
  try {
    const parsed: unknown = JSON.parse(text);
    return {
      values: Array.isArray(parsed) ? parsed : (parsed as { rules?: unknown }).rules,
      place: index => `rules[${index}]`,
    };
  } catch {
    return { problem: 'it is no valid JSON' };
  }
}

/** The first table of a CSV file: up to the first empty line (RFC 4180 otherwise). */
function csvRows(text: string): Rows | NotARuleList {
  const [head, ...body] = text
    .split(/\r?\n\r?\n/)[0]!
    .split(/\r?\n/)
    .filter(line => line !== '')
    .map(cellsOf);
  if (head === undefined || !head.includes('direction')) return { problem: 'its first line does not name the columns' };
  const values = body.map(cells => Object.fromEntries(head.map((name, i) => [name, cells[i]])));
  return { values, place: index => `line ${index + 2}` };
}

function cellsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain! : quoted.replaceAll('""', '"'),
  );
}

function problemOf({ path, message }: z.core.$ZodIssue, place: Rows['place']): string {
  const [index, key] = path;
  return `${typeof index === 'number' ? `${place(index)}, ` : ''}${String(key ?? 'the list')}: ${message}`;
}

function rulesetOf(rows: readonly z.output<typeof row>[], place: Rows['place']): Ruleset {
  const answers: FirewallRule = {
    place: 'answers',
    comment: '',
    verdict: { do: 'accept' },
    conditions: [hasState(['established'], false)],
  };
  const rules = rows.map((each, i): FirewallRule & { readonly direction: 'in' | 'out' } => ({
    place: each.id === '' ? place(i) : `${place(i)} (${each.id})`,
    comment: each.id,
    direction: each.direction,
    conditions: conditionsOf(each),
    verdict: { do: 'accept' },
  }));
  const of = (direction: 'in' | 'out') => rules.filter(rule => rule.direction === direction);
  const chains = new Map([
    ['input', [answers, ...of('in')]],
    ['output', [answers, ...of('out')]],
    ['forward', [answers, ...rules]],
  ]);
  return { bases: [...chains.keys()].map(name => base(name as Hook)), chains, devices: new Set() };
}

function base(hook: Hook): BaseChain {
  return { hook, chain: hook, priority: 0, policy: 'drop', families: [4, 6], place: 'no row of the list' };
}

function conditionsOf(each: z.output<typeof row>): Condition[] {
  return [
    hasProtocol([each.protocol], false),
    isIn('sourcePort', [portInterval(each.sourcePorts)], false),
    isIn('destinationPort', [portInterval(each.destinationPorts)], false),
    ...(['source', 'destination'] as const).flatMap(end => addressConditions(end, each[end])),
  ];
}

function addressConditions(end: 'source' | 'destination', prefixes: readonly Prefix[]): Condition[] {
  if (prefixes.length === 0) return [];
  return [
    hasFamily([...new Set(prefixes.map(({ family }) => family))], false),
    isIn(end, prefixes.map(prefixInterval), false),
  ];
}
