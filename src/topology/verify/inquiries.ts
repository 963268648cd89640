import type { Prefix } from '../../policy/index.ts';
import type { Family } from '../../wire/index.ts';
import type { Plan } from '../plan.ts';
import { type Direction, localOf, type Protocol, type Rule, type Side, type Traffic } from '../rule.ts';
import { ALL_PORTS, allAddresses, type Box, portInterval, prefixInterval } from './box.ts';
import type { VerifyOptions } from './finding.ts';
import type { Hook, Question } from './ruleset.ts';

/** All packets of one kind to or from the edge, and the planned rules about them. */
export interface Inquiry {
  readonly side: Side;
  readonly direction: Direction;
  readonly question: Question;
  readonly universe: readonly Box[];
  /** Packets that never come this way, whatever the rules say of them. */
  readonly exempt: readonly Box[];
  readonly rules: readonly Rule[];
}

/** Everything that could be let through: for each side, direction, family and protocol, also where nothing is planned. */
export function inquiriesOf(plan: Plan, options: VerifyOptions): Inquiry[] {
  const exempt = amongThemselves(ownAddresses(plan.rules));
  return (['external', 'internal'] as const).flatMap(side =>
    ([4, 6] as const).flatMap(family => {
      const here = plan.rules.filter(rule => rule.side === side && rule.family === family);
      const own = ownAddresses(here);
      if (own.length === 0) return [];
      return (['in', 'out'] as const).flatMap(direction =>
        (['udp', 'tcp'] as const).map(protocol => ({
          side,
          direction,
          universe: universeOf(own, direction, family),
          exempt,
          question: questionOf(side, direction, family, protocol, 'new', options),
          rules: here.filter(rule => rule.direction === direction && rule.protocol === protocol),
        })),
      );
    }),
  );
}

function ownAddresses(rules: readonly Rule[]): readonly Prefix[] {
  const all = rules.flatMap(rule => localOf(rule).addresses);
  return all.filter((prefix, i) => all.findIndex(other => sameInterval(other, prefix)) === i);
}

function sameInterval(a: Prefix, b: Prefix): boolean {
  return prefixInterval(a).first === prefixInterval(b).first;
}

function questionOf(
  side: Side,
  direction: Direction,
  family: Family,
  protocol: Protocol,
  state: Question['state'],
  { at, devices }: VerifyOptions,
): Question {
  const hook: Hook = at === 'perimeter' ? 'forward' : direction === 'in' ? 'input' : 'output';
  return { hook, family, protocol, state, device: at === 'edge' ? devices[side] : undefined };
}

function universeOf(own: readonly Prefix[], direction: Direction, family: Family): Box[] {
  const anywhere = allAddresses(family);
  const ports = { sourcePort: ALL_PORTS, destinationPort: ALL_PORTS };
  return own.map(prefixInterval).map(here => ({
    ...ports,
    ...(direction === 'in' ? { source: anywhere, destination: here } : { source: here, destination: anywhere }),
  }));
}

/** Packets between the edge's own addresses: they meet neither its network interfaces nor a router. */
function amongThemselves(own: readonly Prefix[]): Box[] {
  const intervals = own.map(prefixInterval);
  const ports = { sourcePort: ALL_PORTS, destinationPort: ALL_PORTS };
  return intervals.flatMap(source => intervals.map(destination => ({ ...ports, source, destination })));
}

/** The packets a rule is about. */
export function boxesOf({ family, source, destination, sourcePorts, destinationPorts }: Traffic): Box[] {
  const intervals = (prefixes: readonly Prefix[]) =>
    prefixes.length === 0 ? [allAddresses(family)] : prefixes.map(prefixInterval);
  const ports = { sourcePort: portInterval(sourcePorts), destinationPort: portInterval(destinationPorts) };
  return intervals(source).flatMap(from =>
    intervals(destination).map(to => ({ ...ports, source: from, destination: to })),
  );
}

/** What comes back for the packets of a rule. */
export function answersTo(rule: Rule, plan: Plan, options: VerifyOptions): Inquiry {
  const direction = rule.direction === 'in' ? 'out' : 'in';
  return {
    side: rule.side,
    direction,
    rules: [],
    exempt: amongThemselves(ownAddresses(plan.rules)),
    question: questionOf(rule.side, direction, rule.family, rule.protocol, 'established', options),
    universe: boxesOf(rule).map(({ source, sourcePort, destination, destinationPort }) => ({
      source: destination,
      sourcePort: destinationPort,
      destination: source,
      destinationPort: sourcePort,
    })),
  };
}

/** UDP between own external addresses, which never leaves the machine. */
export function loopbackInquiry({ rules }: Plan, hook: 'input' | 'output', options: VerifyOptions): Inquiry[] {
  const relays = portInterval(options.relayPorts);
  return ([4, 6] as const).flatMap((family): Inquiry[] => {
    const own = ownAddresses(rules.filter(rule => rule.side === 'external' && rule.family === family));
    if (own.length === 0) return [];
    const universe = own.map(prefixInterval).flatMap(source =>
      own.map(prefixInterval).map(destination => ({
        source,
        destination,
        sourcePort: relays,
        destinationPort: relays,
      })),
    );
    const question: Question = { hook, family, protocol: 'udp', state: 'new', device: 'lo' };
    return [
      { side: 'external', direction: hook === 'input' ? 'in' : 'out', question, universe, exempt: [], rules: [] },
    ];
  });
}
