import { embeddedIPv4, everyEmbeddedIPv4, type IpAddress, type TransportAddress } from '../wire/index.ts';
import { isUnspecified, OwnEndpoints } from './own-endpoints.ts';
import { formatPrefix, type Prefix, prefixOf } from './prefix.ts';
import { PrefixMap } from './prefix-map.ts';
import { SPECIAL_PURPOSE } from './special-purpose.ts';

/** Why an address may not be a peer. Made once per rule, so it can be compared and costs nothing to return. */
export interface Denied {
  /**
   * `built-in private 10.0.0.0/8`, `peers.deny 203.0.113.0/24`, `internal.networks 10.1.0.0/16`, `own address`, `own endpoint`,
   * `unspecified address`.
   */
  readonly deniedBy: string;
  /** What the operator can do: nothing (`always`), remove a rule (`operator`), or add an `allow` (the others). */
  readonly kind: 'always' | 'operator' | 'built-in' | 'own-address';
}
export type PeerVerdict = 'allowed' | Denied;

export interface PeerRules {
  readonly allow: readonly Prefix[];
  readonly deny: readonly Prefix[];
  /** Every address of this machine and every public address that leads to it. */
  readonly ownAddresses: readonly IpAddress[];
  /** Where this edge listens, its admin included; an unspecified address stands for all own addresses and loopback. */
  readonly ownEndpoints: readonly TransportAddress[];
  /** Where relays of this edge are, in every spelling: they are peers like others, whatever network their address is in. */
  readonly relays?: { readonly addresses: readonly IpAddress[]; readonly ports: PortRange };
  /** The inside of the enterprise: no rule opens it. */
  readonly internalNetworks?: readonly Prefix[];
}

interface PortRange {
  readonly first: number;
  readonly last: number;
}

const UNSPECIFIED: Denied = { deniedBy: 'unspecified address', kind: 'always' };
const OWN_ENDPOINT: Denied = { deniedBy: 'own endpoint', kind: 'always' };
const OWN_ADDRESS: Denied = { deniedBy: 'own address', kind: 'own-address' };
/** An own address too, but relays of this edge are on it. */
const RELAY_ADDRESS: Denied = { ...OWN_ADDRESS };

/**
 * Whom clients may exchange data with (ADR 0005). The inside of the enterprise never; else the operator's longest matching prefix
 * decides, deny before allow; where none matches, relays of this edge are allowed (ADR 0015), special-purpose and own addresses are
 * denied and everything else is allowed.
 */
export class PeerFilter {
  readonly #operator = new PrefixMap<PeerVerdict>();
  readonly #builtIn = new PrefixMap<PeerVerdict>();
  readonly #internal = new PrefixMap<Denied>();
  readonly #relayPorts: PortRange;
  readonly #endpoints: OwnEndpoints;

  constructor(rules: PeerRules) {
    for (const prefix of rules.allow) this.#operator.set(prefix, 'allowed');
    for (const prefix of rules.deny) {
      this.#operator.set(prefix, { deniedBy: `peers.deny ${formatPrefix(prefix)}`, kind: 'operator' });
    }
    for (const { name, prefix, denied } of SPECIAL_PURPOSE) {
      const deniedBy = `built-in ${name} ${formatPrefix(prefix)}`;
      this.#builtIn.set(prefix, denied ? { deniedBy, kind: 'built-in' } : 'allowed');
    }
    for (const address of rules.ownAddresses) this.#builtIn.set(prefixOf(address, 128), OWN_ADDRESS);
    for (const address of rules.relays?.addresses ?? []) this.#builtIn.set(prefixOf(address, 128), RELAY_ADDRESS);
    for (const network of rules.internalNetworks ?? []) {
      this.#internal.set(network, { deniedBy: `internal.networks ${formatPrefix(network)}`, kind: 'always' });
    }
    this.#relayPorts = rules.relays?.ports ?? { first: 1, last: 0 };
    this.#endpoints = new OwnEndpoints(rules.ownAddresses, rules.ownEndpoints);
  }

  /** Whether this address may be a peer. Without a port, or with port 0, the question is about the address alone. Allocates nothing but for addresses inside addresses. */
  verdict(a: IpAddress & { readonly port?: number }): PeerVerdict {
    if (isUnspecified(a)) return UNSPECIFIED;
    const port = a.port ?? 0;
    if (port !== 0 && this.#endpoints.has(a, port)) return OWN_ENDPOINT;
    const inside = this.#internal.longest(a);
    if (inside !== undefined) return inside;
    const asked = this.#operator.longest(a);
    const own = asked ?? this.#builtIn.longest(a) ?? 'allowed';
    if (own === RELAY_ADDRESS) return this.#mayBeRelay(port) ? 'allowed' : own;
    if (own !== 'allowed') return own;
    return embeddedIPv4(a) === undefined ? 'allowed' : this.#innerVerdict(a, asked === 'allowed');
  }

  /** Whether this is where the edge itself listens, under any spelling: asked for every Send indication, so it begins with the port. */
  isOwnEndpoint(peer: TransportAddress): boolean {
    return peer.port !== 0 && this.#endpoints.has(peer, peer.port);
  }

  /** Whether the operator has opened an address to peers of all kinds. */
  isOpened(a: IpAddress): boolean {
    return this.#internal.longest(a) === undefined && this.#operator.longest(a) === 'allowed';
  }

  /** A permission is for an address with all of its ports; beyond those of relays the data plane lets nothing pass. */
  #mayBeRelay(port: number): boolean {
    return port === 0 || (port >= this.#relayPorts.first && port <= this.#relayPorts.last);
  }

  #innerVerdict(a: IpAddress, spellingAllowed: boolean): PeerVerdict {
    for (const inner of everyEmbeddedIPv4(a)) {
      const verdict = this.#oneInnerVerdict(inner, spellingAllowed);
      if (verdict !== 'allowed') return verdict;
    }
    return 'allowed';
  }

  /** What the operator opens in IPv4 stays shut in another spelling unless that spelling is opened as well. */
  #oneInnerVerdict(inner: IpAddress, spellingAllowed: boolean): PeerVerdict {
    if (isUnspecified(inner)) return UNSPECIFIED;
    const inside = this.#internal.longest(inner);
    if (inside !== undefined) return inside;
    const asked = this.#operator.longest(inner);
    if (asked !== undefined && (asked !== 'allowed' || spellingAllowed)) return asked;
    return this.#builtIn.longest(inner) ?? 'allowed';
  }
}
