import type { Config, FederationKind } from '../../control/config/index.ts';
import { type Family, formatIp } from '../../wire/index.ts';
import { type Plan, planOf } from '../plan.ts';
import { type Feature, type Protocol, type Rule, remoteOf, type Side, trafficText } from '../rule.ts';

/** A planned rule, as findings name it and the report shows it. */
export interface ExpectedRule {
  readonly id: string;
  readonly text: string;
  readonly why: string;
  readonly direction: 'in' | 'out';
  readonly protocol: Protocol;
  readonly family: Family;
  readonly first: number;
  readonly last: number;
  readonly feature: Feature;
  /** Only for networks that the configuration names: it says nothing about an observer anywhere. */
  readonly isNarrowed: boolean;
}

/** What the edge promises by its configuration: what facts are compared with. JSON like the facts. */
export interface Expected {
  /** Where this is from: an assumption is what any TURN server behind this address would do. */
  readonly source: 'configuration' | 'token' | 'assumption';
  readonly side: Side;
  /** The addresses that clients are told, and the edge's own for each, in the same order. */
  readonly told: readonly string[];
  readonly own: readonly string[];
  readonly udp: readonly number[];
  readonly tcp: readonly number[];
  /** What clients call the edge, as far as somebody has said so. */
  readonly name: string | undefined;
  readonly relayPorts: { readonly first: number; readonly last: number };
  readonly rules: readonly ExpectedRule[];
  readonly nat: readonly { readonly id: string; readonly text: string }[];
  /** Whether peers outside reach relays directly: not where calls stay inside the edge. */
  readonly relayIn: boolean;
  readonly relayOut: boolean;
  /** Whether there is an internal side as well, and the kinds of partners that may be anywhere: what the rules follow from. */
  readonly isTwoSided: boolean;
  readonly partners: readonly FederationKind[];
}

export function expectedOf(
  config: Config,
  source: Expected['source'],
  { side, name }: { readonly side: Side; readonly name?: string | undefined },
): Expected {
  const plan = planOf(config, { policy: 'destination', side, name });
  const here = side === 'internal' && config.internal !== undefined ? config.internal : config.external;
  const rules = plan.rules.map(asExpected);
  return {
    source,
    side,
    relayPorts: config.relayPorts,
    rules,
    nat: natOf(plan),
    told: (side === 'internal' ? here.addresses : config.external.public).map(formatIp),
    own: here.addresses.map(formatIp),
    udp: here.udp.filter(port => port !== 0),
    tcp: here.tcp.filter(port => port !== 0),
    name,
    relayIn: isRelaying(rules, 'in'),
    relayOut: isRelaying(rules, 'out'),
    isTwoSided: config.internal !== undefined,
    partners: [...new Set(config.federation.filter(({ addresses }) => addresses.length === 0).map(({ kind }) => kind))],
  };
}

function isRelaying(rules: readonly ExpectedRule[], direction: 'in' | 'out'): boolean {
  return rules.some(rule => isRelayed(rule) && rule.direction === direction && !rule.isNarrowed);
}

export function isRelayed({ feature }: ExpectedRule): boolean {
  return feature === 'relayed-media';
}

function asExpected(rule: Rule): ExpectedRule {
  const { id, direction, protocol, family, destinationPorts, feature, uses } = rule;
  return {
    id,
    direction,
    protocol,
    family,
    first: destinationPorts.first,
    last: destinationPorts.last,
    text: trafficText(rule),
    why: uses[0]?.reason ?? '',
    feature,
    isNarrowed: rule.side === 'external' && remoteOf(rule).addresses.length > 0,
  };
}

function natOf({ nat }: Plan): { id: string; text: string }[] {
  return nat.map(({ id, reason }) => ({ id, text: reason }));
}

/** Ids of the planned rules that let these packets through. */
export function rulesFor(
  { rules }: Expected,
  direction: 'in' | 'out',
  protocol: Protocol,
  family: Family,
  port?: number,
): string[] {
  return rules
    .filter(
      rule =>
        rule.direction === direction &&
        rule.protocol === protocol &&
        rule.family === family &&
        (port === undefined ? isRelayed(rule) : rule.first <= port && port <= rule.last),
    )
    .map(({ id }) => id);
}

/** Ids of the planned translations in this direction. */
export function natFor({ nat }: Expected, direction: 'in' | 'out' | 'hairpin'): string[] {
  return nat.map(({ id }) => id).filter(id => id.startsWith(`nat-${direction}-`));
}

/** `external-in-udp-3478` in a sentence; words for the packets where nothing is planned for them. */
export function naming(ids: readonly string[], otherwise: string): string {
  return ids.length === 0 ? otherwise : ids.join(' and ');
}
