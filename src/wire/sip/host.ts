import { parseIp } from '../address.ts';

/** A host name or IPv4 address; each label ends and begins with a letter or digit (RFC 3261 §25.1). */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?$/;
const LONGEST_NAME = 255;

/** Whether this is a host: a name, an IPv4 address or an IPv6 address in brackets. */
export function isSipHost(text: string): boolean {
  if (text.startsWith('[')) return text.endsWith(']') && text.includes(':') && parseIp(text.slice(1, -1)) !== undefined;
  return text.length <= LONGEST_NAME && NAME.test(text);
}

/** `host` or `host:port`, the host in lower case. */
export function splitHostPort(text: string): { host: string; port?: number } | undefined {
  const [, host = '', digits] = /^(\[[^\]]*\]|[^:]*)(?::([0-9]{1,5}))?$/.exec(text) ?? [];
  if (!isSipHost(host)) return undefined;
  if (digits === undefined) return { host: host.toLowerCase() };
  const port = Number(digits);
  return port > 0xffff ? undefined : { host: host.toLowerCase(), port };
}
