import { everyEmbeddedIPv4, familyOf, type IpAddress, sameIp, type TransportAddress } from '../wire/index.ts';

interface AtPort {
  readonly addresses: IpAddress[];
  /** Something listens on the unspecified address: every own address and loopback lead to it. */
  everywhere: boolean;
}

/** The transport addresses at which the edge itself can be reached. Found by port first, which ends most searches. */
export class OwnEndpoints {
  readonly #ownAddresses: readonly IpAddress[];
  readonly #ports = new Map<number, AtPort>();

  constructor(ownAddresses: readonly IpAddress[], endpoints: readonly TransportAddress[]) {
    this.#ownAddresses = ownAddresses;
    for (const endpoint of endpoints) this.#add(endpoint);
  }

  #add(endpoint: TransportAddress): void {
    const at = this.#ports.get(endpoint.port) ?? { addresses: [], everywhere: false };
    if (isUnspecified(endpoint)) at.everywhere = true;
    else at.addresses.push(endpoint);
    this.#ports.set(endpoint.port, at);
  }

  has(a: IpAddress, port: number): boolean {
    const at = this.#ports.get(port);
    if (at === undefined) return false;
    if (this.#listens(at, a)) return true;
    if (familyOf(a) === 4) return false;
    return everyEmbeddedIPv4(a).some(inner => this.#listens(at, inner));
  }

  #listens(at: AtPort, a: IpAddress): boolean {
    return includes(at.addresses, a) || (at.everywhere && (isLoopback(a) || includes(this.#ownAddresses, a)));
  }
}

/** :: or 0.0.0.0. To listen there is to listen everywhere; to send there reaches the machine itself. */
export function isUnspecified(a: IpAddress): boolean {
  return a.w3 === 0 && a.w0 === 0 && a.w1 === 0 && (a.w2 === 0 || a.w2 === 0xffff);
}

function includes(addresses: readonly IpAddress[], a: IpAddress): boolean {
  for (const address of addresses) if (sameIp(address, a)) return true;
  return false;
}

function isLoopback(a: IpAddress): boolean {
  if (familyOf(a) === 4) return a.w3 >>> 24 === 127;
  return a.w0 === 0 && a.w1 === 0 && a.w2 === 0 && a.w3 === 1;
}
