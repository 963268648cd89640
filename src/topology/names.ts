import type { Config } from '../control/config/index.ts';
import { familyOf, formatIp, type IpAddress } from '../wire/index.ts';

/** A DNS record, in the terms of a zone file. `view` says who has to see it. */
export interface DnsRecord {
  readonly view: 'external' | 'internal';
  readonly owner: string;
  readonly type: 'A' | 'AAAA' | 'SRV';
  readonly value: string;
  readonly reason: string;
}

/** A certificate that clients will check. */
export interface CertificateNeed {
  readonly view: 'external' | 'internal';
  /** Has to be among the certificate's alternative names. */
  readonly name: string;
  readonly reason: string;
}

const DOMAIN = /^(?=.{4,253}$)([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+[a-z]([a-z\d-]{0,61}[a-z\d])?$/i;

/** Whether a text could be a host's name in DNS. */
export function isDomainName(text: string): boolean {
  return DOMAIN.test(text);
}

/** The names of the edge. Without one given, it is `turn` in the realm's domain; undefined where the realm is none. */
export function hostName(config: Config, given: string | undefined): string | undefined {
  if (given !== undefined) return given.toLowerCase();
  return isDomainName(config.realm) ? `turn.${config.realm.toLowerCase()}` : undefined;
}

export function dnsRecordsOf(config: Config, host: string): DnsRecord[] {
  const { external, internal } = config;
  return [
    ...addressRecords('external', host, external.public, 'Clients on the Internet find the edge by this name.'),
    ...serviceRecords(config, host),
    ...addressRecords('internal', host, internal?.addresses ?? [], 'Inside, the same name leads inside (split DNS).'),
  ];
}

export function certificatesOf({ external, internal }: Config, host: string): CertificateNeed[] {
  const reason = (ports: readonly number[]) => `turns: on TCP ${ports.join(', ')} is checked against this name.`;
  const tcp = (ports: readonly number[] = []) => ports.filter(port => port !== 0);
  const [outside, within] = [tcp(external.tcp), tcp(internal?.tcp)];
  return [
    ...(outside.length > 0 ? [{ view: 'external' as const, name: host, reason: reason(outside) }] : []),
    ...(within.length > 0 ? [{ view: 'internal' as const, name: host, reason: reason(within) }] : []),
  ];
}

function addressRecords(
  view: DnsRecord['view'],
  owner: string,
  addresses: readonly IpAddress[],
  reason: string,
): DnsRecord[] {
  return addresses.map(address => ({
    view,
    owner,
    type: familyOf(address) === 4 ? 'A' : 'AAAA',
    value: formatIp(address),
    reason,
  }));
}

/** RFC 8489 §8.1 and RFC 5928 §3: what a client that knows only the domain asks for. */
function serviceRecords({ external, tls }: Config, host: string): DnsRecord[] {
  const domain = host.slice(host.indexOf('.') + 1);
  const services = [
    ...external.udp.map(port => ({ service: '_stun._udp', port, what: 'STUN over UDP' })),
    ...external.udp.map(port => ({ service: '_turn._udp', port, what: 'TURN over UDP' })),
    ...external.tcp.map(port => ({ service: '_turn._tcp', port, what: 'TURN over TCP' })),
    ...(tls === undefined ? [] : external.tcp).map(port => ({ service: '_turns._tcp', port, what: 'TURN over TLS' })),
  ];
  return services
    .filter(({ port }) => port !== 0)
    .map(({ service, port, what }) => ({
      view: 'external',
      owner: `${service}.${domain}`,
      type: 'SRV',
      value: `0 0 ${port} ${host}.`,
      reason: `Clients that know only the domain find ${what} by it.`,
    }));
}
