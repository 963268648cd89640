import type { Config } from '../control/config/index.ts';
import { accessNeeds } from './access.ts';
import { adminNeeds, clientNeeds, internalNeeds } from './clients.ts';
import { discoveryNeeds } from './discovery.ts';
import type { Need, Policy } from './need.ts';
import { partnerNeeds } from './partners.ts';
import { peerNeeds } from './peers.ts';
import { ANY_PORT, covers, type Feature, portsText, type Rule, type Use } from './rule.ts';

/** The rules for a configuration: each need once, those that a wider rule covers as further uses of that rule. */
export function rulesOf(config: Config, policy: Policy): Rule[] {
  const needs = needsOf(config, policy).map(need => (policy === 'destination' ? withoutSourcePorts(need) : need));
  const widest = needs.filter((need, i) => !needs.some((other, j) => j !== i && outdoes(other, j, need, i)));
  return withUniqueIds(
    widest.map(need => ({ ...trafficOf(need), id: idOf(need), feature: need.feature, uses: usesOf(need, needs) })),
  ).toSorted(inReadingOrder);
}

/** Everything the configuration asks of firewalls, the same packets perhaps several times. */
function needsOf(config: Config, policy: Policy): Need[] {
  return [
    ...clientNeeds(config),
    ...config.federation.flatMap((partner, i) => partnerNeeds(config, partner, `federation[${i}]`, policy)),
    ...peerNeeds(config),
    ...discoveryNeeds(config),
    ...internalNeeds(config),
    ...accessNeeds(config),
    ...adminNeeds(config),
  ];
}

/** Of two that cover each other the first stays. */
function outdoes(other: Need, j: number, need: Need, i: number): boolean {
  return covers(other, need) && (!covers(need, other) || j < i);
}

function withoutSourcePorts(need: Need): Need {
  return { ...need, sourcePorts: ANY_PORT };
}

function trafficOf(need: Need) {
  const { side, direction, protocol, family, source, sourcePorts, destination, destinationPorts } = need;
  return { side, direction, protocol, family, source, sourcePorts, destination, destinationPorts };
}

function usesOf(rule: Need, needs: readonly Need[]): Use[] {
  return needs.filter(need => covers(rule, need)).map(({ use }) => use);
}

function idOf({ side, direction, protocol, family, destinationPorts, narrowedBy }: Need): string {
  const parts = [side, direction, protocol, portsText(destinationPorts)];
  if (narrowedBy !== undefined) parts.push(narrowedBy);
  if (family === 6) parts.push('ipv6');
  return parts.join('-');
}

/** Ids repeat only where one configuration opens the same port twice over, such as for two listeners as sources. */
function withUniqueIds(rules: readonly Rule[]): Rule[] {
  const seen = new Map<string, number>();
  return rules.map(rule => {
    const count = (seen.get(rule.id) ?? 0) + 1;
    seen.set(rule.id, count);
    return count === 1 ? rule : { ...rule, id: `${rule.id}-${count}` };
  });
}

const FEATURES: readonly Feature[] = [
  ...([
    'client-udp',
    'client-tcp',
    'edge-to-edge',
    'tcp-media',
    'relayed-media',
    'nat-discovery',
    'sign-in',
    'administration',
  ] as const),
];

function inReadingOrder(a: Rule, b: Rule): number {
  return orderOf(a) - orderOf(b) || (a.id < b.id ? -1 : 1);
}

function orderOf({ side, direction, family, feature }: Rule): number {
  const section = (side === 'external' ? 0 : 2) + (direction === 'in' ? 0 : 1);
  return (section * 2 + (family === 4 ? 0 : 1)) * FEATURES.length + FEATURES.indexOf(feature);
}
