import { randomInt } from 'node:crypto';
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { HopFailure, Partner } from '../../sip/index.ts';
import { srvOrder } from '../../sip/index.ts';
import { type IpAddress, parseIp } from '../../wire/index.ts';

/** One address at which a partner's edge may be. */
export interface PartnerTarget {
  readonly address: string;
  readonly port: number;
  /** What is asked for in the handshake (RFC 6066 §3). */
  readonly serverName: string;
}

export interface FindingSettings {
  /** Name servers, `192.0.2.53` or `192.0.2.53:5353`. None: the machine's own, and its hosts file. */
  readonly dnsServers: readonly string[];
  /** Where DNS may send us: a partner's zone is no way to the inside of ours. */
  readonly mayDial: (ip: IpAddress) => boolean;
}

/** Microsoft's record for federation, and for those who have none RFC 3263's for SIP over TLS. */
const SERVICES = ['_sipfederationtls._tcp', '_sips._tcp'];
const MOST_RECORDS = 5;
/** Whoever waits for all of them hears of it before his own client gives up, after half a minute. */
const MOST_TARGETS = 5;
const NO_SUCH = ['ENOTFOUND', 'ENODATA'];
const DNS_TIMING = { timeout: 2000, tries: 2 };

/** Finds the edges of partners: where the configuration says, or by DNS SRV (RFC 3263 §4). */
export class PartnerTargets {
  readonly #settings: FindingSettings;
  readonly #resolver = new Resolver(DNS_TIMING);

  constructor(settings: FindingSettings) {
    this.#settings = settings;
    if (settings.dnsServers.length > 0) this.#resolver.setServers(settings.dnsServers);
  }

  /** In the order in which they are to be tried, never empty. */
  async of({ edge }: Partner, domain: string): Promise<readonly PartnerTarget[] | HopFailure> {
    try {
      if (edge === undefined) return await this.#byService(domain);
      const serverName = isIP(edge.host) === 0 ? edge.host : domain;
      const found = await this.#addresses(edge.host);
      return orNone(found.map(address => ({ address, port: edge.port, serverName })));
    } catch {
      return 'hop-dns-failed';
    }
  }

  /** What is asked for is the partner's domain: its certificate is to name that, not what DNS says (RFC 5922 §4). */
  async #byService(domain: string): Promise<readonly PartnerTarget[] | HopFailure> {
    const records = await this.#records(domain);
    if (records.length === 0) return 'hop-no-srv';
    const found: PartnerTarget[] = [];
    for (const { name, port } of records) {
      const addresses = (await this.#addresses(name)).filter(address => this.#mayDial(address));
      found.push(...addresses.map(address => ({ address, port, serverName: domain })));
    }
    return orNone(found);
  }

  async #records(domain: string) {
    for (const service of SERVICES) {
      const records = await noneAsEmpty(this.#resolver.resolveSrv(`${service}.${domain}`));
      const ordered = srvOrder(records, limit => randomInt(limit));
      if (records.length > 0) return ordered.slice(0, MOST_RECORDS);
    }
    return [];
  }

  async #addresses(name: string): Promise<string[]> {
    if (isIP(name) !== 0) return [name];
    if (this.#settings.dnsServers.length === 0) {
      const found = await noneAsEmpty(lookup(name, { all: true }));
      return found.map(({ address }) => address);
    }
    const [four, six] = [this.#resolver.resolve4(name), this.#resolver.resolve6(name)];
    return (await Promise.all([noneAsEmpty(four), noneAsEmpty(six)])).flat();
  }

  #mayDial(address: string): boolean {
    const ip = parseIp(address);
    return ip !== undefined && this.#settings.mayDial(ip);
  }
}

function orNone(targets: readonly PartnerTarget[]): readonly PartnerTarget[] | HopFailure {
  return targets.length === 0 ? 'hop-no-address' : targets.slice(0, MOST_TARGETS);
}

/** A name that does not exist is an answer; a name server that does not answer is none. */
async function noneAsEmpty<T>(asked: Promise<T[]>): Promise<T[]> {
  try {
    return await asked;
  } catch (error) {
    if (NO_SUCH.includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
