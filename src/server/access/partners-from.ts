import type { AccessConfig, Config } from '../../control/index.ts';
import { OperatorError } from '../../control/index.ts';
import { PeerFilter } from '../../policy/index.ts';
import { type Partner, Partners } from '../../sip/index.ts';
import type { Logger } from '../log.ts';
import type { FederationSettings, PartnerNews } from './federation.ts';
import { authoritiesOf } from './hop-context.ts';
import { PartnerTargets } from './partner-targets.ts';

/** SIP federation as the configuration wants it; undefined without partners. Throws an OperatorError. */
export function federationFrom(config: Config, access: AccessConfig, domain: string): FederationSettings | undefined {
  const all = config.federation.filter(({ sip }) => sip).map(partnerOf);
  if (all.length === 0) return undefined;
  const ours = all.find(({ domains }) => domains.includes(domain));
  if (ours !== undefined)
    throw new OperatorError(
      'SALLYPORT_CONFIG_INVALID',
      `federation: ${ours.name} has our own domain ${domain}`,
      'take it out of federation: users of a domain are either here or at a partner',
    );
  const { external, internal } = config;
  // what keeps clients from peers inside keeps DNS of partners from sending us there
  const peers = new PeerFilter({
    ...external.peers,
    ownAddresses: external.addresses,
    ownEndpoints: [],
    internalNetworks: internal?.networks ?? [],
  });
  const targets = new PartnerTargets({
    dnsServers: access.dnsServers,
    mayDial: ip => peers.verdict(ip) === 'allowed',
  });
  return { partners: new Partners(all), targets, authorities: authoritiesOf(access.authorities) };
}

function partnerOf(entry: Config['federation'][number]): Partner {
  const { name, edge, connections, transactions, requestsPerSecond } = entry;
  const limits = { connections, transactions, requestsPerSecond };
  return { name, domains: entry.domains ?? [name.toLowerCase()], limits, ...(edge === undefined ? {} : { edge }) };
}

/** Why, and what to do about it. */
const WHY: Readonly<Record<string, string>> = {
  'domain-not-allowed': 'a request from a domain that is in no entry of federation',
  'partner-without-certificate': 'a request from the domain of a partner, over a connection without a certificate',
  'partner-certificate-untrusted':
    'a request from the domain of a partner whose certificate is not trusted: see access.authorities',
  'partner-certificate-misnamed':
    'a request from the domain of a partner whose certificate names neither a domain of a partner nor its configured edge',
  'partner-speaks-for-other': "a partner's request from a domain that its certificate does not name",
  'partner-method': "a partner's request of a kind that is not taken from partners",
  'partner-connections': 'a partner has as many connections as federation.connections allows: the new one is closed',
  'hop-no-srv': 'no SRV record says where the edge of the partner is: ask the partner, or set federation.edge',
  'hop-no-address': 'the edge of the partner has no address, or only such as external.peers denies',
  'hop-dns-failed': 'the name servers do not answer',
  'hop-unreachable': 'the edge of the partner does not answer',
  'hop-untrusted': "the certificate of the partner's edge is not trusted: see access.authorities",
  'hop-misnamed':
    "the certificate of the partner's edge does not name the domain: if it names the edge, set federation.edge",
  'partner-refuses-us': 'the partner does not take our certificate: it has to be one for clients, too',
};

/** Tells the operator, in words. */
export function logPartner(log: Logger, news: PartnerNews): void {
  if (news.news === 'connected') {
    const { news: _, ...about } = news;
    log.info(about, 'partner connected');
    return;
  }
  const { news: _, refusal, ...about } = news;
  log.warn({ refusal, ...about }, `federation: ${WHY[refusal] ?? 'a partner was refused'}`);
}
