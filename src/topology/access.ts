import { type AccessListener, accessListeners, type Config } from '../control/config/index.ts';
import type { Prefix } from '../policy/index.ts';
import { type Family, familyOf, formatIp, type IpAddress, parseIp } from '../wire/index.ts';
import type { CertificateNeed, DnsRecord } from './names.ts';
import { ends, FAMILIES, fixedPorts, isLoopback, type Need, ownPrefixes } from './need.ts';
import { ANY_PORT, hostPrefix } from './rule.ts';

const REASONS = {
  TLS: 'They sign in and call with SIP phones.',
  WSS: 'They sign in and call with a browser, and get credentials for the relay.',
  WS: 'A proxy in front brings browsers here.',
  TCP: 'Servers bring calls here without TLS.',
} as const;

/** The ports of the Access Edge: from anywhere outside, and from the networks inside. */
export function accessNeeds(config: Config): Need[] {
  const listeners = accessListeners(config).filter(({ address }) => !isLoopback(hostPrefix(address)));
  return [...listeners.flatMap(listener => wayIn(config, listener)), ...toServerInside(config)];
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

/** Its name may lead anywhere inside: only an address narrows the rule. */
function toServerInside({ access, internal, external }: Config): Need[] {
  const server = access?.internal;
  if (server === undefined) return [];
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
        use: {
          whom: `the SIP server ${server.host}`,
          reason: 'It has the users whom the file does not.',
          origin: 'access.internal',
        },
      }),
    );
  });
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
    ...records('external', external.public, ['_sips._tcp', '_sip._tls']),
    ...records('internal', internal?.addresses ?? [], ['_sips._tcp', '_sipinternaltls._tcp']),
  ];
}

export function accessCertificates(config: Config): CertificateNeed[] {
  const { name } = namesOf(config) ?? {};
  if (name === undefined) return [];
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
