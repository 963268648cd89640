import type { Family } from '../../wire/index.ts';
import { doubtful } from './conditions.ts';
import { conditionOf, isAmong, type NftContext } from './nft-conditions.ts';
import { type Json, listOf, objectOf, tagged, textOf } from './nft-json.ts';
import { bare, type Sets, valuesOf } from './nft-values.ts';
import type { BaseChain, Condition, FirewallRule, Hook, Ruleset, Verdict } from './ruleset.ts';

/** The packet filter in the output of `nft -j list ruleset`; undefined when the text is something else. */
export function readNft(text: string): Ruleset | undefined {
  const items = itemsOf(text);
  if (items === undefined) return undefined;
  const of = (kind: string) => items.map(item => objectOf(item[kind])).filter(item => item !== undefined);
  const sets = new Map([...of('set'), ...of('map')].map(set => [nameOf(set, set.name), listOf(set.elem)]));
  const devices = devicesIn(items, sets);
  const hasNat = of('rule').some(({ expr }) => listOf(expr).some(isTranslating));
  const chains = new Map<string, FirewallRule[]>(of('chain').map(chain => [nameOf(chain, chain.name), []]));
  for (const rule of of('rule')) {
    chains.get(nameOf(rule, rule.chain))?.push(...rulesOf(rule, { table: tableOf(rule), sets, devices, hasNat }));
  }
  return { bases: of('chain').flatMap(baseOf), chains, devices };
}

function itemsOf(text: string): Json[] | undefined {
  try {
    const list = objectOf(JSON.parse(text))?.nftables;
    return Array.isArray(list) ? list.map(objectOf).filter(item => item !== undefined) : undefined;
  } catch {
    return undefined;
  }
}

function tableOf({ family, table }: Json): string {
  return `${textOf(family)} ${textOf(table)}`;
}

function nameOf(item: Json, name: unknown): string {
  return `${tableOf(item)} ${textOf(name)}`;
}

const FAMILIES: Readonly<Record<string, readonly Family[]>> = { ip: [4], ip6: [6], inet: [4, 6] };
/** Hooks as packets of each way meet them. What `ingress` and bridges filter is not seen here. */
const HOOKS: Readonly<Record<string, readonly Hook[]>> = {
  prerouting: ['input', 'forward'],
  input: ['input'],
  forward: ['forward'],
  output: ['output'],
  postrouting: ['output', 'forward'],
};
/** A prerouting chain is met before an input chain, whatever their priorities. */
const STAGE: Readonly<Record<string, number>> = { prerouting: -1e6, postrouting: 1e6 };

function baseOf(chain: Json): BaseChain[] {
  const hook = textOf(chain.hook) ?? '';
  const families = FAMILIES[textOf(chain.family) ?? ''];
  if (families === undefined || chain.type === 'nat') return [];
  const name = nameOf(chain, chain.name);
  return (HOOKS[hook] ?? []).map(each => ({
    hook: each,
    priority: (STAGE[hook] ?? 0) + Number(chain.prio ?? 0),
    policy: chain.policy === 'drop' ? 'drop' : 'accept',
    families,
    place: `${name} (policy ${chain.policy === 'drop' ? 'drop' : 'accept'})`,
    chain: name,
  }));
}

/** One rule; several where it ends in a map from values to verdicts. */
function rulesOf(rule: Json, context: NftContext): FirewallRule[] {
  const place = `${nameOf(rule, rule.chain)} handle ${textOf(rule.handle)}`;
  const conditions: Condition[] = [];
  const common = { place, comment: textOf(rule.comment) ?? '', conditions };
  for (const statement of listOf(rule.expr)) {
    const [kind, inner] = tagged(statement) ?? ['', undefined];
    const verdict = verdictOf(kind, inner, context.table);
    if (verdict !== undefined) return [{ ...common, verdict }];
    if (kind === 'vmap') return verdictMap(objectOf(inner) ?? {}, common, context);
    if (kind === 'match') conditions.push(conditionOf(inner, context));
    else if (!isHarmless(kind, inner)) conditions.push(doubtful(DOUBTFUL[kind] ?? `it has a statement ${kind || '?'}`));
    if (ENDING.has(kind)) return [{ ...common, verdict: { do: 'accept' } }];
  }
  return [{ ...common, verdict: { do: 'continue' } }];
}

function isTranslating(statement: unknown): boolean {
  const [kind, inner] = tagged(statement) ?? ['', undefined];
  return TRANSLATING.has(kind) || (kind === 'xt' && objectOf(inner)?.type !== 'match');
}

const TRANSLATING = new Set(['dnat', 'snat', 'redirect', 'masquerade']);

/** Comments of iptables are an extension as well. */
function isHarmless(kind: string, inner: unknown): boolean {
  return HARMLESS.has(kind) || (kind === 'xt' && objectOf(inner)?.name === 'comment');
}

/** Statements after which the next one is always reached. */
const HARMLESS = new Set(['counter', 'log', 'mangle', 'set', 'flow', 'ct helper', 'ct timeout', 'secmark', 'comment']);
/** Statements that end a rule with a fate of their own. */
const ENDING = new Set(['queue', 'fwd', 'dup', 'tproxy', 'synproxy']);
const DOUBTFUL: Readonly<Record<string, string>> = {
  limit: 'it has a rate limit',
  quota: 'it has a quota',
  meter: 'it counts by a meter',
  'ct count': 'it counts connections',
  notrack: 'it switches connection tracking off',
  queue: 'a program decides (queue)',
  xt: 'it is an extension of iptables: verify the output of iptables-save instead',
};

function verdictOf(kind: string, inner: unknown, table: string): Verdict | undefined {
  switch (kind) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
      return { do: kind };
    case 'reject':
      return { do: 'drop' };
    case 'jump':
    case 'goto':
      return { do: kind, chain: `${table} ${textOf(objectOf(inner)?.target)}` };
    default:
      return undefined;
  }
}

function verdictMap({ key, data }: Json, common: Omit<FirewallRule, 'verdict'>, context: NftContext): FirewallRule[] {
  const pairs = valuesOf(data, context.table, context.sets);
  if (pairs === undefined) {
    const conditions = [...common.conditions, doubtful('it uses a map that is not in the ruleset')];
    return [{ ...common, conditions, verdict: { do: 'accept' } }];
  }
  return pairs.map(pair => {
    const [value, target] = listOf(pair);
    const [kind, inner] = tagged(target) ?? ['', undefined];
    const verdict = verdictOf(kind, inner, context.table) ?? { do: 'continue' };
    return { ...common, conditions: [...common.conditions, isAmong(key, [bare(value)], false, context)], verdict };
  });
}

/** Every interface that a match or a map names, wherever it stands. */
function devicesIn(items: readonly Json[], sets: Sets): ReadonlySet<string> {
  const names = items.flatMap(({ rule }) =>
    listOf(objectOf(rule)?.expr).flatMap(statement => {
      const [, inner] = tagged(statement) ?? [];
      const { left, right, key, data } = objectOf(inner) ?? {};
      const values = valuesOf(right ?? data, tableOf(objectOf(rule)!), sets) ?? [];
      return namesAt(left ?? key, data === undefined ? values : values.map(pair => listOf(pair)[0]));
    }),
  );
  return new Set(names.filter(name => name !== 'lo'));
}

/** The interfaces among values, where what they are compared with is one, or has one among its parts. */
function namesAt(left: unknown, values: readonly unknown[]): string[] {
  const [kind, inner] = tagged(left) ?? ['', undefined];
  if (kind === 'concat') {
    return listOf(inner).flatMap((part, i) =>
      namesAt(
        part,
        values.map(value => listOf(objectOf(value)?.concat)[i]),
      ),
    );
  }
  const isDevice = kind === 'meta' && /^[io]if(name)?$/.test(textOf(objectOf(inner)?.key) ?? '');
  return isDevice ? values.flatMap(name => textOf(name) ?? []) : [];
}
