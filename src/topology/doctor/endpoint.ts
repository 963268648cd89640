import { contains, SPECIAL_PURPOSE } from '../../policy/index.ts';
import { type IpAddress, parseIp, type TransportAddress, withPort } from '../../wire/index.ts';

/** `192.0.2.1:3478` or `[2001:db8::1]:3478` as facts hold it; undefined when it is neither. */
export function parseEndpoint(text: string): TransportAddress | undefined {
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const ip = parseIp(six ?? four ?? '');
  return ip === undefined || Number(port) > 65535 ? undefined : withPort(ip, Number(port));
}

/** The address in `192.0.2.1:3478`, without its port. */
export function hostOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

export function portOf(endpoint: string): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
}

/** `private` and the like, for addresses that mean nothing on the Internet; undefined for public ones. */
export function notPublic(host: string): string | undefined {
  const ip = parseIp(host);
  return ip === undefined ? undefined : purposeOf(ip);
}

const INWARD = ['private', 'shared (CGNAT)', 'link-local', 'unique local', 'site-local', 'loopback'];

function purposeOf(ip: IpAddress): string | undefined {
  return SPECIAL_PURPOSE.find(({ name, prefix }) => INWARD.includes(name) && contains(prefix, ip))?.name;
}
