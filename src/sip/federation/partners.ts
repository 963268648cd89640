import { sipDomain } from '../../wire/index.ts';
import type { NextHop } from '../flows.ts';

/** What one partner may have of us. */
export interface PartnerLimits {
  /** That it has opened to us, at once. */
  readonly connections: number;
  /** Of both directions, at once; beyond it what it asks is refused. */
  readonly transactions: number;
  readonly requestsPerSecond: number;
}

/** Somebody we federate with: one entry of the allow-list. */
export interface Partner {
  readonly name: string;
  /** Whose users it has. In lower case. */
  readonly domains: readonly string[];
  /** Its Access Edge, where DNS is not to be asked. A certificate that names it speaks for all of `domains`. */
  readonly edge?: { readonly host: string; readonly port: number };
  readonly limits: PartnerLimits;
}

/** A partner at the other end of a connection, and what its certificate lets it speak for. */
export interface ProvenPartner {
  readonly partner: Partner;
  readonly domains: readonly string[];
}

/** The allow-list. A domain that is in none of its entries is nobody we speak with, in either direction. */
export class Partners {
  readonly #byDomain = new Map<string, Partner>();
  readonly #all: readonly Partner[];

  constructor(all: readonly Partner[]) {
    this.#all = all;
    for (const partner of all) for (const domain of partner.domains) this.#byDomain.set(domain, partner);
  }

  of(host: string): Partner | undefined {
    const domain = sipDomain(host);
    return domain === undefined ? undefined : this.#byDomain.get(domain);
  }

  /** The way to a domain. Where its edge is, is found out when it is connected to. */
  hopTo(host: string): NextHop | undefined {
    return this.of(host) === undefined ? undefined : hopToDomain(host);
  }

  /**
   * Whom a trusted certificate with these names belongs to. It speaks for the domains in it (RFC 5922 §7.1), and for all of a
   * partner whose configured edge it names: that is how certificates of Lync's Access Edges are made.
   */
  proven(names: readonly string[]): ProvenPartner | undefined {
    const found = this.#all.map(partner => ({ partner, domains: provenDomains(partner, names) }));
    const some = found.filter(({ domains }) => domains.length > 0);
    const [first] = some;
    return first && { partner: first.partner, domains: some.flatMap(({ domains }) => domains) };
  }
}

/** A hop of which the domain is known and nothing else. */
export function hopToDomain(domain: string): NextHop {
  return { transport: 'TLS', host: sipDomain(domain) ?? domain, port: 0, side: 'partner' };
}

function provenDomains({ domains, edge }: Partner, names: readonly string[]): readonly string[] {
  return edge !== undefined && names.includes(edge.host) ? domains : domains.filter(domain => names.includes(domain));
}
