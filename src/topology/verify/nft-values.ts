import { parsePrefix } from '../../policy/index.ts';
import { parseIp } from '../../wire/index.ts';
import { type Interval, numberOf, prefixInterval } from './box.ts';
import { listOf, objectOf, tagged, textOf } from './nft-json.ts';

/** Named sets and maps of a ruleset: their elements by `family table name`. */
export type Sets = ReadonlyMap<string, readonly unknown[]>;

/** The values on the right of a match, sets taken apart; undefined where a set is not known. */
export function valuesOf(right: unknown, table: string, sets: Sets): readonly unknown[] | undefined {
  const named = textOf(right);
  if (named?.startsWith('@')) return sets.get(`${table} ${named.slice(1)}`)?.map(bare);
  const [tag, inner] = tagged(right) ?? [];
  if (tag === 'set') {
    const elements = textOf(inner);
    return elements === undefined ? listOf(inner).map(bare) : valuesOf(elements, table, sets);
  }
  return listOf(right).map(bare);
}

/** An element without its timeout, counter and comment. */
export function bare(element: unknown): unknown {
  return objectOf(objectOf(element)?.elem)?.val ?? element;
}

export function addressInterval(value: unknown): Interval | undefined {
  const text = textOf(value);
  if (text !== undefined) {
    const prefix = parsePrefix(text);
    return 'problem' in prefix ? undefined : prefixInterval(prefix);
  }
  const [tag, inner] = tagged(value) ?? [];
  if (tag === 'prefix') {
    const { addr, len } = objectOf(inner) ?? {};
    return addressInterval(`${textOf(addr)}/${textOf(len)}`);
  }
  if (tag !== 'range') return undefined;
  const [first, last] = listOf(inner).map(end => parseIp(textOf(end) ?? ''));
  return first && last && { first: numberOf(first), last: numberOf(last) };
}

export function portNumbers(value: unknown): Interval | undefined {
  if (typeof value === 'number') return { first: BigInt(value), last: BigInt(value) };
  const [tag, inner] = tagged(value) ?? [];
  if (tag !== 'range') return undefined;
  const [first, last] = listOf(inner);
  if (typeof first !== 'number' || typeof last !== 'number') return undefined;
  return { first: BigInt(first), last: BigInt(last) };
}
