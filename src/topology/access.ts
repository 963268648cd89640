import { type AccessListener, accessListeners, type Config } from '../control/config/index.ts';
import type { Prefix } from '../policy/index.ts';
import { type Family, familyOf, formatIp, type IpAddress, parseIp } from '../wire/index.ts';
import type { CertificateNeed, DnsRecord } from './names.ts';
import { ends, FAMILIES, fixedPorts, isLoopback, type Need, ownPrefixes } from './need.ts';
import { ANY_PORT, hostPrefix, type Use } from './rule.ts';

const REASONS = {
  TLS: 'They sign in and call with SIP phones.',
  WSS: 'They sign in and call with a browser, and get credentials for the relay.',
  WS: 'A proxy in front brings browsers here.',
  TCP: 'Servers bring calls here without TLS.',
} as const;

/** The ports of the Access Edge: from anywhere outside, and from the networks inside. */
export function accessNeeds(config: Config): Need[] {
  const listeners = accessListeners(config).filter(({ address }) => !isLoopback(hostPrefix(address)));
  return [...listeners.flatMap(listener => wayIn(config, listener)), ...toServersInside(config), ...toPartners(config)];
}

function wayIn({ internal }: Config, { key, transport, side, address, port }: AccessListener): Need[] {
  const family = familyOf(address);
  const source = side === 'internal' ? networksOf(internal?.networks ?? [], family) : [];
  if (side === 'internal' && source.length === 0) return [];
  const whom = side === 'internal' ? 'internal users' : 'remote users';
  return fixedPorts([port]).map(ports => ({
    side,
    direction: 'in',
    protocol: 'tcp',
    family,
    feature: 'sign-in',
    ...ends(source, ANY_PORT, [hostPrefix(address)], ports),
    use: { whom, reason: REASONS[transport], origin: `access.${key}` },
  }));
}

function toServersInside(config: Config): Need[] {
  const { internal, ldap } = config.access ?? {};
  return [
    ...(internal === undefined
      ? []
      : toServer(config, internal, {
          whom: `the SIP server ${internal.host}`,
          reason: 'It has the users whom the file does not.',
          origin: 'access.internal',
        })),
    ...(ldap === undefined || ldap.server.isHere
      ? []
      : toServer(config, ldap.server, {
          whom: `the directory ${ldap.server.host}`,
          reason: 'It knows the passwords of users whom the file does not have.',
          origin: 'access.ldap',
        })),
  ];
}

/** Its name may lead anywhere inside: only an address narrows the rule. */
function toServer({ internal, external }: Config, server: { host: string; port: number }, use: Use): Need[] {
  const [own, side] =
    internal === undefined ? [external.addresses, 'external' as const] : [internal.addresses, 'internal' as const];
  const ip = parseIp(server.host);
  return FAMILIES.flatMap(family => {
    const from = ownPrefixes(own, family);
    const to = ip === undefined ? networksOf(internal?.networks ?? [], family) : ownPrefixes([ip], family);
    if (from.length === 0 || (to.length === 0 && (ip !== undefined || internal !== undefined))) return [];
    return fixedPorts([server.port]).map(
      (ports): Need => ({
        side,
        direction: 'out',
        protocol: 'tcp',
        family,
        feature: 'sign-in',
        ...ends(from, ANY_PORT, to, ports),
        use,
      }),
    );
  });
}

/** SIP federation: only an address narrows the rule, and a partner found in DNS has the usual port. Their way in is that of the phones. */
function toPartners({ access, federation, external }: Config): Need[] {
  if (access === undefined) return [];
  return federation
    .filter(({ sip }) => sip)
    .flatMap(({ name, edge }, i) => {
      const ip = edge && parseIp(edge.host);
      return FAMILIES.flatMap(family => {
        const from = ownPrefixes(external.addresses, family);
        const to = ip === undefined ? [] : ownPrefixes([ip], family);
        if (from.length === 0 || (ip !== undefined && to.length === 0)) return [];
        return fixedPorts([edge?.port ?? 5061]).map(
          (ports): Need => ({
            side: 'external',
            direction: 'out',
            protocol: 'tcp',
            family,
            feature: 'sign-in',
            ...ends(from, ANY_PORT, to, ports),
            use: {
              whom: `${name} (SIP)`,
              reason: 'Our users call those of this partner.',
              origin: `federation[${i}]`,
            },
          }),
        );
      });
    });
}

/** Whether partners look for us, and check our certificate. */
function federates({ access, federation }: Config): boolean {
  return access !== undefined && federation.some(({ sip }) => sip);
}

/** What clients that know only their user's address look up (RFC 3263 §4.1, RFC 7118), and Microsoft's clients besides. */
export function accessRecords(config: Config): DnsRecord[] {
  const { access, external, internal } = config;
  const { name, domain } = namesOf(config) ?? {};
  if (access === undefined || name === undefined) return [];
  const records = (
    view: DnsRecord['view'],
    addresses: readonly IpAddress[],
    services: readonly string[],
  ): DnsRecord[] => [
    ...addresses.map(address => ({
      view,
      owner: name,
      type: familyOf(address) === 4 ? ('A' as const) : ('AAAA' as const),
      value: formatIp(address),
      reason: 'SIP phones and browsers find the Access Edge by this name.',
    })),
    ...(domain === undefined ? [] : services).flatMap(service =>
      fixedPorts(access.tls).map(({ first: port }) => ({
        view,
        owner: `${service}.${domain}`,
        type: 'SRV' as const,
        value: `0 0 ${port} ${name}.`,
        reason: 'Clients that know only their address find where to sign in by it.',
      })),
    ),
  ];
  return [
    ...records('external', external.public, [
      '_sips._tcp',
      '_sip._tls',
      ...(federates(config) ? ['_sipfederationtls._tcp'] : []),
    ]),
    ...records('internal', internal?.addresses ?? [], ['_sips._tcp', '_sipinternaltls._tcp']),
  ];
}

export function accessCertificates(config: Config): CertificateNeed[] {
  const { name, domain } = namesOf(config) ?? {};
  if (name === undefined) return [];
  const reason = 'Federation partners check the certificate against the domain itself (RFC 5922).';
  const forPartners =
    federates(config) && domain !== undefined ? [{ view: 'external' as const, name: domain, reason }] : [];
  return [...forPartners, ...forClients(config, name)];
}

function forClients(config: Config, name: string): CertificateNeed[] {
  return [
    ...new Set(
      accessListeners(config)
        .filter(({ key }) => key === 'tls' || key === 'wss')
        .map(({ side }) => side),
    ),
  ].map(view => ({ view, name, reason: 'SIP phones and browsers check the Access Edge against this name.' }));
}

/** The domain is in the file of users: here it is guessed from the name, `sip.example.com` being in `example.com`. */
function namesOf({ access }: Config): { name: string; domain: string | undefined } | undefined {
  const name = access?.name;
  if (name === undefined) return undefined;
  const parent = name.slice(name.indexOf('.') + 1);
  return { name, domain: access?.domain ?? (parent.includes('.') ? parent : undefined) };
}

function networksOf(networks: readonly Prefix[], family: Family): Prefix[] {
  return networks.filter(network => network.family === family);
}
