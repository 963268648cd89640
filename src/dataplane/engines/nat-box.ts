import { type IpAddress, sameAddress, type TransportAddress, withPort } from '../../wire/index.ts';

const FIRST_PORT = 1024;
const PORTS = 0x10000 - FIRST_PORT;

/** Who may send through a mapping: anybody, or only the addresses and ports that were sent to (RFC 4787 §5). */
export type NatFiltering = 'endpoint-independent' | 'address-and-port-dependent';

interface Mapping {
  readonly inside: TransportAddress;
  readonly port: number;
  readonly sentTo: TransportAddress[];
}

/** A NAT of the simulated network with endpoint-independent mappings (RFC 4787 §4.1) that can forget them all, as a rebooted one does. */
export class NatBox {
  readonly outside: IpAddress;
  readonly #random: (below: number) => number;
  readonly #filtering: NatFiltering;
  #mappings: Mapping[] = [];

  constructor(outside: IpAddress, random: (below: number) => number, filtering: NatFiltering = 'endpoint-independent') {
    this.outside = outside;
    this.#random = random;
    this.#filtering = filtering;
  }

  /** Every mapping gets another port from now on; what comes to the old ones is lost. */
  rebind(): void {
    this.#mappings = [];
  }

  /** What the world sees as the source of a datagram from inside. */
  outgoing(inside: TransportAddress, to: TransportAddress): TransportAddress {
    const known = this.#mappings.find(m => sameAddress(m.inside, inside));
    const mapping = known ?? this.#map(inside);
    if (!mapping.sentTo.some(peer => sameAddress(peer, to))) mapping.sentTo.push(to);
    return withPort(this.outside, mapping.port);
  }

  /** Whom a datagram to this port is for; undefined when it is not let in. */
  incoming(port: number, from: TransportAddress): TransportAddress | undefined {
    const mapping = this.#mappings.find(m => m.port === port);
    if (mapping === undefined) return undefined;
    if (this.#filtering === 'endpoint-independent') return mapping.inside;
    return mapping.sentTo.some(peer => sameAddress(peer, from)) ? mapping.inside : undefined;
  }

  #map(inside: TransportAddress): Mapping {
    let port = FIRST_PORT + this.#random(PORTS);
    while (this.#mappings.some(m => m.port === port)) port = FIRST_PORT + this.#random(PORTS);
    const mapping = { inside, port, sentTo: [] };
    this.#mappings.push(mapping);
    return mapping;
  }
}
