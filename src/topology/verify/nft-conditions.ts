import type { Family } from '../../wire/index.ts';
import type { Dimension, Interval } from './box.ts';
import {
  anyOf,
  doubtful,
  hasDevice,
  hasFamily,
  hasProtocol,
  hasState,
  isIn,
  ofFamily,
  ofProtocol,
} from './conditions.ts';
import { type Json, listOf, objectOf, tagged, textOf } from './nft-json.ts';
import { addressInterval, portNumbers, type Sets, valuesOf } from './nft-values.ts';
import {
  doubtfulForTcp,
  hasAddressType,
  hasExtensionHeader,
  hasFlowDirection,
  hasNoRouteBack,
  hasPacketType,
  hasTcpFlags,
} from './packet-kind.ts';
import { ALWAYS, type Condition, NEVER } from './ruleset.ts';

/** Where a match stands: its table names the sets, `devices` are the interfaces that the whole ruleset names. */
export interface NftContext {
  readonly table: string;
  readonly sets: Sets;
  readonly devices: ReadonlySet<string>;
  /** Whether any rule rewrites destinations or sources. */
  readonly hasNat: boolean;
}

/** The condition of a `match` statement (libnftables-json(5)). */
export function conditionOf(match: unknown, context: NftContext): Condition {
  const { op, left, right } = objectOf(match) ?? {};
  const values = valuesOf(right, context.table, context.sets);
  const operator = textOf(op) ?? '==';
  if (values === undefined) return doubtful('it names a set that is not in the ruleset');
  if (operator === '<' || operator === '>' || operator === '<=' || operator === '>=') {
    return comparison(left, operator, right);
  }
  const flags = tcpFlags(left, operator, values);
  if (flags !== undefined) return flags;
  return isAmong(left, values, operator === '!=', context);
}

/** Whether what stands on the left of a match, or is the key of a map, is among values. */
export function isAmong(left: unknown, values: readonly unknown[], negated: boolean, context: NftContext): Condition {
  const [kind, inner] = tagged(left) ?? ['something', undefined];
  const what = objectOf(inner) ?? {};
  switch (kind) {
    case 'payload':
      return payload(textOf(what.protocol) ?? '', textOf(what.field) ?? '', values, negated);
    case 'meta':
      return meta(textOf(what.key) ?? '', values, negated, context);
    case 'ct':
      return connection(textOf(what.key) ?? '', values, negated, context);
    case 'fib':
      return routes(what, values, negated);
    case 'tcp option':
      return doubtfulForTcp('it matches options of TCP');
    case 'exthdr':
      return what.name === 'frag' ? doubtful('it matches fragments') : hasExtensionHeader(negated);
    case 'concat':
      return concatenation(listOf(inner), values, negated, context);
    default:
      return doubtful(`it matches ${kind} that can't be judged from outside`);
  }
}

function payload(protocol: string, field: string, values: readonly unknown[], negated: boolean): Condition {
  const family: Family = protocol === 'ip6' ? 6 : 4;
  if (protocol === 'ip' || protocol === 'ip6') {
    if (field === 'saddr') return among('source', values.map(addressInterval), negated, ofFamily(family));
    if (field === 'daddr') return among('destination', values.map(addressInterval), negated, ofFamily(family));
    if (field === 'protocol' || field === 'nexthdr') {
      const inner = hasProtocol(texts(values), negated);
      return question => (question.family === family ? inner(question) : NEVER);
    }
    return question => (question.family === family ? { doubt: `it matches ${protocol} ${field}` } : NEVER);
  }
  if (protocol === 'ether' && field === 'type') return hasFamily(texts(values).flatMap(familyNamed), negated);
  if (protocol === 'ether' || protocol === 'vlan') return doubtful(`it matches ${protocol} ${field}`);
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'th') return () => NEVER; // another protocol than ours
  const applies = protocol === 'th' ? () => true : ofProtocol(protocol);
  if (field === 'sport') return among('sourcePort', values.map(portNumbers), negated, applies);
  if (field === 'dport') return among('destinationPort', values.map(portNumbers), negated, applies);
  return question => (applies(question) ? { doubt: `it matches ${protocol} ${field}` } : NEVER);
}

function among(
  dimension: Dimension,
  intervals: readonly (Interval | undefined)[],
  negated: boolean,
  applies: Parameters<typeof isIn>[3],
): Condition {
  const known = intervals.filter(interval => interval !== undefined);
  if (known.length < intervals.length) return doubtful(`it compares the ${dimension} with something unknown`);
  return isIn(dimension, known, negated, applies);
}

function meta(key: string, values: readonly unknown[], negated: boolean, { devices }: NftContext): Condition {
  switch (key) {
    case 'l4proto':
      return hasProtocol(texts(values), negated);
    case 'nfproto':
    case 'protocol':
      return hasFamily(texts(values).flatMap(familyNamed), negated);
    case 'iif':
    case 'iifname':
      return hasDevice('in', texts(values), negated, devices);
    case 'oif':
    case 'oifname':
      return hasDevice('out', texts(values), negated, devices);
    case 'pkttype':
      return hasPacketType(texts(values), negated);
    default:
      return doubtful(`it matches meta ${key}`);
  }
}

function familyNamed(name: string): Family[] {
  if (name === 'ipv4' || name === 'ip') return [4];
  return name === 'ipv6' || name === 'ip6' ? [6] : [];
}

function connection(
  key: string,
  values: readonly unknown[],
  negated: boolean,
  { hasNat }: Pick<NftContext, 'hasNat'>,
): Condition {
  const wanted = texts(values);
  if (key === 'state') return hasState(wanted, negated);
  if (key === 'direction') return hasFlowDirection(wanted, negated);
  const isTranslated = key === 'status' && wanted.every(status => status === 'dnat' || status === 'snat');
  if (isTranslated && !hasNat) return negated ? () => ALWAYS : () => NEVER; // nothing here translates
  return doubtful(`it matches ct ${key}`);
}

/** What the routing table says of an address (`fib`). */
function routes({ result, flags }: Json, values: readonly unknown[], negated: boolean): Condition {
  const about = listOf(flags).map(flag => textOf(flag));
  const end = about.includes('saddr') ? 'source' : 'destination';
  if (result === 'type') return hasAddressType(end, texts(values), negated);
  const isNone = values.every(value => value === false || value === 0 || value === '0' || value === '');
  return end === 'source' && isNone ? hasNoRouteBack(negated) : doubtful('it asks the routing table');
}

/** `tcp flags syn`, `tcp flags & (fin|syn) == syn`; undefined for what is about something else. */
function tcpFlags(left: unknown, operator: string, values: readonly unknown[]): Condition | undefined {
  const [kind, inner] = tagged(left) ?? ['', undefined];
  const [field, mask] = kind === '&' ? listOf(inner) : [left];
  const { protocol, field: name } = objectOf(objectOf(field)?.payload) ?? {};
  if (protocol !== 'tcp' || name !== 'flags') return undefined;
  const wanted = flagsIn(values);
  if (kind !== '&' && operator === 'in') return hasTcpFlags(undefined, wanted, 'some', false);
  return hasTcpFlags(mask === undefined ? undefined : flagsIn([mask]), wanted, 'all', operator === '!=');
}

/** Flags are a name, a list of names, or names with `|` between them. */
function flagsIn(values: readonly unknown[]): string[] {
  return values.flatMap(value => {
    if (Array.isArray(value)) return flagsIn(value);
    const either = objectOf(value)?.['|'];
    return either === undefined ? [textOf(value) === '0' ? 'none' : (textOf(value) ?? '')] : flagsIn(listOf(either));
  });
}

/** `ip saddr . udp dport { 10.0.0.0/8 . 3478 }`: an element holds if each of its parts does. */
function concatenation(
  keys: readonly unknown[],
  values: readonly unknown[],
  negated: boolean,
  context: NftContext,
): Condition {
  if (negated) return doubtful('it negates a concatenation');
  return anyOf(
    values.map(element => {
      const parts = listOf(objectOf(element)?.concat);
      return keys.map((key, i) => isAmong(key, [parts[i]], false, context));
    }),
  );
}

function comparison(left: unknown, operator: '<' | '>' | '<=' | '>=', right: unknown): Condition {
  const limit = textOf(right);
  const { protocol, field } = objectOf(objectOf(left)?.payload) ?? {};
  if (typeof right !== 'number' || (field !== 'sport' && field !== 'dport')) {
    return doubtful(`it compares with ${limit ?? 'something'}`);
  }
  const range = {
    '<': [0, right - 1],
    '<=': [0, right],
    '>': [right + 1, 65535],
    '>=': [right, 65535],
  }[operator];
  return payload(textOf(protocol) ?? '', field, [{ range }], false);
}

function texts(values: readonly unknown[]): string[] {
  return values.map(value => textOf(value) ?? '');
}
