import { type Family, familyOf, formatIp, type IpAddress, parseIp, sameIp } from '../wire/index.ts';

/**
 * A network: the addresses that agree with `address` in its first `length` bits of 128. IPv4 networks lie in ::ffff:0:0/96, so
 * that 10.0.0.0/8 has length 104. An IPv6 network never contains IPv4 addresses: `::/0` is all of IPv6 and nothing of IPv4.
 */
export interface Prefix {
  readonly address: IpAddress;
  readonly length: number;
  readonly family: Family;
}

/** What is wrong with a prefix, in a sentence for the operator. */
export interface NotAPrefix {
  readonly problem: string;
}

const IPV4_OFFSET = 96;

/** The network a text names, as `10.0.0.0/8`, `2001:db8::/32`, or one address; or why it names none. */
export function parsePrefix(text: string): Prefix | NotAPrefix {
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const address = parseIp(host);
  if (address === undefined) return { problem: `"${text}" is not an IP address or prefix such as 10.0.0.0/8` };
  if (slash < 0) return { address, length: 128, family: familyOf(address) };
  const written = text.slice(slash + 1);
  const bits = host.includes(':') ? 128 : 32;
  if (!/^\d{1,3}$/.test(written) || Number(written) > bits) {
    return { problem: `"${text}": the prefix length must be a number from 0 to ${bits}` };
  }
  return canonical(text, address, Number(written) + 128 - bits);
}

function canonical(text: string, address: IpAddress, length: number): Prefix | NotAPrefix {
  if (familyOf(address) === 4 && length < IPV4_OFFSET) {
    return { problem: `"${text}" is an IPv4 address with an IPv6 length: write the IPv4 network, as 10.0.0.0/8` };
  }
  const prefix = prefixOf(address, length);
  if (sameIp(prefix.address, address)) return prefix;
  return { problem: `"${text}" has bits set beyond its length: did you mean ${formatPrefix(prefix)}?` };
}

/** The network of this length that the address lies in. For IPv4, `length` counts from ::ffff:0:0 (at least 96). */
export function prefixOf(address: IpAddress, length: number): Prefix {
  const family = length < IPV4_OFFSET ? 6 : familyOf(address);
  const masked = {
    w0: address.w0 & maskOf(length, 0),
    w1: address.w1 & maskOf(length, 1),
    w2: address.w2 & maskOf(length, 2),
    w3: address.w3 & maskOf(length, 3),
  };
  return { address: masked, length, family };
}

/** The network mask of this length, of word 0 to 3. */
export function maskOf(length: number, word: number): number {
  const bits = length - word * 32;
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : (-1 << (32 - bits)) | 0;
}

export function contains(prefix: Prefix, a: IpAddress): boolean {
  return familyOf(a) === prefix.family && agrees(prefix.address, a, prefix.length);
}

/** Whether two addresses have their first `length` bits in common. */
export function agrees(a: IpAddress, b: IpAddress, length: number): boolean {
  return (
    ((a.w0 ^ b.w0) & maskOf(length, 0)) === 0 &&
    ((a.w1 ^ b.w1) & maskOf(length, 1)) === 0 &&
    ((a.w2 ^ b.w2) & maskOf(length, 2)) === 0 &&
    ((a.w3 ^ b.w3) & maskOf(length, 3)) === 0
  );
}

/** As an operator writes it: `10.0.0.0/8`, `2001:db8::/32`; a single address carries its length too. */
export function formatPrefix(prefix: Prefix): string {
  const length = prefix.family === 4 ? prefix.length - IPV4_OFFSET : prefix.length;
  return `${formatIp(prefix.address)}/${length}`;
}
