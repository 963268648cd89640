import type { Family } from '../../wire/index.ts';
import type { Protocol } from '../rule.ts';
import { ALL_PORTS, allAddresses, complement, type Dimension, type Interval } from './box.ts';
import { ALWAYS, type Condition, NEVER, type Question, when } from './ruleset.ts';

/** The packets whose value in a dimension is in one of the intervals, or with `negated` in none. */
export function isIn(
  dimension: Dimension,
  intervals: readonly Interval[],
  negated: boolean,
  applies: (question: Question) => boolean = () => true,
): Condition {
  return question => {
    if (!applies(question)) return NEVER;
    const universe = dimension.endsWith('Port') ? ALL_PORTS : allAddresses(question.family);
    const others = complement(intervals, universe);
    const wanted = negated ? others : complement(others, universe); // twice, so that none overlaps another
    return wanted.map(interval => ({ [dimension]: interval }));
  };
}

export function ofFamily(family: Family): (question: Question) => boolean {
  return question => question.family === family;
}

export function ofProtocol(protocol: Protocol): (question: Question) => boolean {
  return question => question.protocol === protocol;
}

export function hasProtocol(names: readonly string[], negated: boolean): Condition {
  return ({ protocol }) => when(names.some(name => protocolNamed(name) === protocol) !== negated);
}

/** By name or by number (IANA protocol numbers); others than these two are of no concern here. */
function protocolNamed(name: string): Protocol | undefined {
  if (name === '6') return 'tcp';
  if (name === '17') return 'udp';
  return name === 'tcp' || name === 'udp' ? name : undefined;
}

export function hasFamily(families: readonly Family[], negated: boolean): Condition {
  return ({ family }) => when(families.includes(family) !== negated);
}

export function hasState(states: readonly string[], negated: boolean): Condition {
  const wanted = states.map(state => state.toLowerCase());
  return ({ state }) => when(wanted.includes(state) !== negated);
}

/**
 * Whether packets come or go by an interface. Where the configuration does not name ours, a ruleset that names only one means that one;
 * of several it can't be told.
 */
export function hasDevice(
  way: 'in' | 'out',
  names: readonly string[],
  negated: boolean,
  named: ReadonlySet<string>,
): Condition {
  return ({ hook, device }) => {
    if ((hook === 'input' && way === 'out') || (hook === 'output' && way === 'in')) return when(negated);
    const others = names.filter(name => name !== 'lo');
    if (device !== undefined) return when(names.some(name => isName(name, device)) !== negated);
    if (others.length === 0) return when(negated);
    if (named.size === 1 && hook !== 'forward') return when(!negated);
    return { doubt: `it asks for interface ${names.join(', ')}, and the configuration names no device` };
  };
}

function isName(pattern: string, device: string): boolean {
  const stem = pattern.replace(/[*+]$/, '');
  return stem === pattern ? pattern === device : device.startsWith(stem);
}

export function doubtful(doubt: string): Condition {
  return () => ({ doubt });
}

/** Some of several conditions sets, such as the elements of a concatenation: each is a list of conditions that all have to hold. */
export function anyOf(alternatives: readonly (readonly Condition[])[]): Condition {
  return question => {
    const found = [];
    for (const conditions of alternatives) {
      let parts = ALWAYS;
      for (const condition of conditions) {
        const more = condition(question);
        if ('doubt' in more) return more;
        parts = parts.flatMap(part => more.map(limits => ({ ...part, ...limits })));
      }
      found.push(...parts);
    }
    return found;
  };
}
