import type { SecureContext } from 'node:tls';
import type { Flow, HopFailure, NextHop, Partners, ProvenPartner, SipRefused } from '../../sip/index.ts';
import { clock } from '../clock.ts';
import { type Dialled, type NotDialled, PartnerDialer } from './partner-dialer.ts';
import type { PartnerTargets } from './partner-targets.ts';
import { SaidOnce } from './said-once.ts';
import type { ShownCertificate } from './tls-door.ts';

export interface FederationSettings {
  readonly partners: Partners;
  readonly targets: PartnerTargets;
  /** PEM: who may vouch for partners. Undefined: Node.js's own list. */
  readonly authorities?: string | undefined;
}

/** What an operator is told of partners. */
export type PartnerNews =
  | {
      readonly news: 'connected';
      readonly opened: 'by-us' | 'by-them';
      readonly partner: string;
      readonly domains: readonly string[];
      readonly remote: string;
    }
  | {
      readonly news: 'refused';
      readonly refusal: SipRefused;
      readonly domain: string;
      readonly remote: string;
      readonly certificate: ShownCertificate | undefined;
    }
  | {
      readonly news: 'unreachable';
      readonly refusal: HopFailure | 'partner-refuses-us';
      readonly domain: string;
      readonly detail: string;
    };

/** What its certificate makes of a connection that came in. */
export type Claim = Pick<Flow, 'partner' | 'unproven'>;

/** Partners' connections: whose they are, how many there are, how they are opened, and what is said of all that. */
export class Federation {
  readonly partners: Partners;
  readonly #dialer: PartnerDialer;
  readonly #tell: (news: PartnerNews) => void;
  readonly #said = new SaidOnce();
  readonly #incoming = new Map<string, number>();

  constructor({ partners, targets }: FederationSettings, connectMillis: number, tell: (news: PartnerNews) => void) {
    this.partners = partners;
    this.#dialer = new PartnerDialer(partners, targets, connectMillis);
    this.#tell = tell;
  }

  claimOf(shown: ShownCertificate | undefined): Claim {
    if (shown === undefined) return {};
    if (shown.fault !== undefined) return { unproven: 'partner-certificate-untrusted' };
    const partner = this.partners.proven(shown.names);
    return partner === undefined ? { unproven: 'partner-certificate-misnamed' } : { partner };
  }

  /** A partner has connected; what is returned is called when it leaves. Undefined: it has as many connections as it may. */
  admit({ partner, domains }: ProvenPartner, remote: Flow['remote']): (() => void) | undefined {
    const { name, limits } = partner;
    const open = this.#incoming.get(name) ?? 0;
    if (open >= limits.connections) {
      this.#refused({
        news: 'refused',
        refusal: 'partner-connections',
        domain: name,
        remote: remote.host,
        certificate: undefined,
      });
      return undefined;
    }
    this.#incoming.set(name, open + 1);
    this.#tell({ news: 'connected', opened: 'by-them', partner: name, domains, remote: remote.host });
    return () => this.#incoming.set(name, this.#incoming.get(name)! - 1);
  }

  async dial(hop: NextHop, ours: SecureContext | undefined): Promise<Dialled | NotDialled> {
    const dialled = await this.#dialer.dial(hop, ours);
    if ('failed' in dialled) this.#unreachable(hop.host, dialled.failed, dialled.detail);
    else this.#reached(hop.host, dialled);
    return dialled;
  }

  /** A request was refused for what it says of whom it is from. */
  onRefused(refusal: SipRefused, domain: string, remote: string, certificate: ShownCertificate | undefined): void {
    this.#refused({ news: 'refused', refusal, domain, remote, certificate });
  }

  #refused(news: Extract<PartnerNews, { news: 'refused' }>): void {
    if (this.#said.isNew(`${news.refusal} ${news.domain} ${news.remote}`, clock.now())) this.#tell(news);
  }

  close(): void {
    this.#dialer.close();
  }

  #unreachable(domain: string, refusal: HopFailure | 'partner-refuses-us', detail: string): void {
    const isNew = this.#said.isNew(`${refusal} ${domain}`, clock.now());
    if (isNew) this.#tell({ news: 'unreachable', refusal, domain, detail });
  }

  #reached(domain: string, { partner: { partner, domains }, remote, socket }: Dialled): void {
    // in TLS 1.3 a server looks at our certificate when we are done already
    socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
      if (code.includes('ALERT'))
        this.#unreachable(domain, 'partner-refuses-us', `${remote.host}:${remote.port}: ${code}`);
    });
    for (const failed of FAILURES) this.#said.forget(`${failed} ${domain}`);
    this.#tell({ news: 'connected', opened: 'by-us', partner: partner.name, domains, remote: remote.host });
  }
}

const FAILURES: readonly HopFailure[] = [
  'hop-no-srv',
  'hop-no-address',
  'hop-dns-failed',
  'hop-unreachable',
  'hop-untrusted',
  'hop-misnamed',
];
