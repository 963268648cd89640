import type { PortRange } from '../../control/config/index.ts';
import type { Prefix } from '../../policy/index.ts';
import { type Family, type IpAddress, ipv4 } from '../../wire/index.ts';

/** Both ends belong to it. Addresses are numbers of 128 bits, IPv4 within ::ffff:0:0/96 as everywhere. */
export interface Interval {
  readonly first: bigint;
  readonly last: bigint;
}

export const DIMENSIONS = ['source', 'sourcePort', 'destination', 'destinationPort'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Packets that lie within an interval in each dimension. Family, protocol and state are those of the question that is asked. */
export type Box = Readonly<Record<Dimension, Interval>>;

export function intersection(a: Interval, b: Interval): Interval | undefined {
  const first = a.first > b.first ? a.first : b.first;
  const last = a.last < b.last ? a.last : b.last;
  return first <= last ? { first, last } : undefined;
}

/** What of a box lies within limits in some of its dimensions. */
export function within(box: Box, limits: Partial<Box>): Box | undefined {
  const result: Record<Dimension, Interval> = { ...box };
  for (const dimension of DIMENSIONS) {
    const limit = limits[dimension];
    if (limit === undefined) continue;
    const common = intersection(box[dimension], limit);
    if (common === undefined) return undefined;
    result[dimension] = common;
  }
  return result;
}

/** What is left of a box outside another: at most two boxes for each dimension, none overlapping another. */
export function minus(box: Box, hole: Box): Box[] {
  if (within(box, hole) === undefined) return [box];
  const rest: Box[] = [];
  let inner = box;
  for (const dimension of DIMENSIONS) {
    const [whole, cut] = [inner[dimension], hole[dimension]];
    if (whole.first < cut.first) rest.push({ ...inner, [dimension]: { first: whole.first, last: cut.first - 1n } });
    if (whole.last > cut.last) rest.push({ ...inner, [dimension]: { first: cut.last + 1n, last: whole.last } });
    inner = { ...inner, [dimension]: intersection(whole, cut)! };
  }
  return rest;
}

export function minusAll(boxes: readonly Box[], holes: readonly Box[]): Box[] {
  return holes.reduce<readonly Box[]>((rest, hole) => rest.flatMap(box => minus(box, hole)), boxes).slice();
}

/** What of a universe is in none of the intervals. */
export function complement(intervals: readonly Interval[], universe: Interval): Interval[] {
  const sorted = intervals.toSorted((a, b) => (a.first < b.first ? -1 : 1));
  const rest: Interval[] = [];
  let from = universe.first;
  for (const { first, last } of sorted) {
    if (first > from) rest.push({ first: from, last: first - 1n });
    if (last >= from) from = last + 1n;
  }
  if (from <= universe.last) rest.push({ first: from, last: universe.last });
  return rest;
}

/** Port 0 is on no wire. */
export const ALL_PORTS: Interval = { first: 1n, last: 65535n };

const IPV4_FIRST = numberOf(ipv4(0));

export function allAddresses(family: Family): Interval {
  return family === 4 ? { first: IPV4_FIRST, last: IPV4_FIRST + 0xffffffffn } : { first: 0n, last: (1n << 128n) - 1n };
}

export function numberOf({ w0, w1, w2, w3 }: IpAddress): bigint {
  return [w0, w1, w2, w3].reduce((number, word) => (number << 32n) | BigInt(word >>> 0), 0n);
}

export function addressOf(number: bigint): IpAddress {
  const word = (shift: bigint) => Number((number >> shift) & 0xffffffffn) | 0;
  return { w0: word(96n), w1: word(64n), w2: word(32n), w3: word(0n) };
}

export function prefixInterval({ address, length }: Prefix): Interval {
  const first = numberOf(address);
  return { first, last: first + (1n << BigInt(128 - length)) - 1n };
}

export function portInterval({ first, last }: PortRange): Interval {
  return { first: BigInt(first), last: BigInt(last) };
}
