import type { PortRange } from '../control/config/index.ts';
import { contains, formatPrefix, type Prefix, prefixOf } from '../policy/index.ts';
import { type Family, formatIp, type IpAddress } from '../wire/index.ts';

export type Side = 'external' | 'internal';
/** Seen from the edge. */
export type Direction = 'in' | 'out';
export type Protocol = 'udp' | 'tcp';

/** What a rule is for, as a word that programs can rely on. */
export type Feature =
  | 'client-udp'
  | 'client-tcp'
  | 'edge-to-edge'
  | 'tcp-media'
  | 'relayed-media'
  | 'nat-discovery'
  | 'sign-in'
  | 'administration';

export type { PortRange };
export const ANY_PORT: PortRange = { first: 0, last: 65535 };

/** First packets of one kind. Answers to them come back by the firewall's state and need no rule of their own. */
export interface Traffic {
  readonly side: Side;
  readonly direction: Direction;
  readonly protocol: Protocol;
  readonly family: Family;
  /** An empty list is any address of the family; so for `destination`. */
  readonly source: readonly Prefix[];
  readonly sourcePorts: PortRange;
  readonly destination: readonly Prefix[];
  readonly destinationPorts: PortRange;
}

/** One reason for a rule: who needs it, for what, and the key of the configuration that says so. */
export interface Use {
  /** A partner with its kind, or such as `remote users`. */
  readonly whom: string;
  /** A sentence: what stops working without the rule. */
  readonly reason: string;
  /** Such as `federation[0]`. */
  readonly origin: string;
}

/** Something a firewall must let through. The same packets may be needed by several: then there is one rule with several uses. */
export interface Rule extends Traffic {
  /** Stable as long as side, direction, protocol and port are: `external-in-udp-3478`. */
  readonly id: string;
  readonly feature: Feature;
  readonly uses: readonly Use[];
}

export function isAnyPort(ports: PortRange): boolean {
  return ports.first <= 1 && ports.last === 65535; // port 0 is never on the wire
}

/** `any`, `3478`, `50000-59999` */
export function portsText(ports: PortRange): string {
  if (isAnyPort(ports)) return 'any';
  return ports.first === ports.last ? String(ports.first) : `${ports.first}-${ports.last}`;
}

/** `any`, or addresses and networks with commas between them. */
export function addressesText(prefixes: readonly Prefix[]): string {
  return prefixes.length === 0 ? 'any' : prefixes.map(prefixText).join(', ');
}

/** A single address is written without a length. */
export function prefixText(prefix: Prefix): string {
  return prefix.length === 128 ? formatIp(prefix.address) : formatPrefix(prefix);
}

export function hostPrefix(address: IpAddress): Prefix {
  return prefixOf(address, 128);
}

/** All addresses of a family, for formats that have no word for it. */
export function everywhere(family: Family): string {
  return family === 4 ? '0.0.0.0/0' : '::/0';
}

/** The prefixes as texts with lengths; all of the family when there are none. */
export function cidrs(prefixes: readonly Prefix[], family: Family): string[] {
  return prefixes.length === 0 ? [everywhere(family)] : prefixes.map(formatPrefix);
}

/** What tells the packets of one rule from those of another, as text. */
export function trafficText(t: Traffic): string {
  const from = `${addressesText(t.source)} port ${portsText(t.sourcePorts)}`;
  const to = `${addressesText(t.destination)} port ${portsText(t.destinationPorts)}`;
  return `${t.side} ${t.direction} ${t.protocol.toUpperCase()} IPv${t.family} from ${from} to ${to}`;
}

/** The far end of a rule: whom the edge talks to. */
export function remoteOf(t: Traffic): { readonly addresses: readonly Prefix[]; readonly ports: PortRange } {
  return t.direction === 'in'
    ? { addresses: t.source, ports: t.sourcePorts }
    : { addresses: t.destination, ports: t.destinationPorts };
}

/** The edge's end of a rule. */
export function localOf(t: Traffic): { readonly addresses: readonly Prefix[]; readonly ports: PortRange } {
  return t.direction === 'in'
    ? { addresses: t.destination, ports: t.destinationPorts }
    : { addresses: t.source, ports: t.sourcePorts };
}

/** Whether everything the second lets through is let through by the first. */
export function covers(wide: Traffic, narrow: Traffic): boolean {
  return (
    wide.side === narrow.side &&
    wide.direction === narrow.direction &&
    wide.protocol === narrow.protocol &&
    wide.family === narrow.family &&
    coversPrefixes(wide.source, narrow.source) &&
    coversPrefixes(wide.destination, narrow.destination) &&
    coversPorts(wide.sourcePorts, narrow.sourcePorts) &&
    coversPorts(wide.destinationPorts, narrow.destinationPorts)
  );
}

function coversPrefixes(wide: readonly Prefix[], narrow: readonly Prefix[]): boolean {
  if (wide.length === 0) return true;
  if (narrow.length === 0) return false;
  return narrow.every(n => wide.some(w => w.length <= n.length && contains(w, n.address)));
}

function coversPorts(wide: PortRange, narrow: PortRange): boolean {
  return wide.first <= narrow.first && wide.last >= narrow.last;
}
