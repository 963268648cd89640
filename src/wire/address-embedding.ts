import { type IpAddress, ipv4 } from './address.ts';

/*
 * IPv6 addresses that carry an IPv4 address in them. A packet to one may come out at that IPv4 address, by a translator or a tunnel
 * on the way, so whoever judges addresses must judge what is inside as well. (IPv4-mapped is not among them: it *is* IPv4 here.)
 */

/** The IPv4 address inside this IPv6 address, or undefined. Of several the one the prefix tells of; see `everyEmbeddedIPv4`. */
export function embeddedIPv4(a: IpAddress): IpAddress | undefined {
  return byPrefix(a) ?? byInterfaceId(a);
}

/** All IPv4 addresses inside this address: a 6to4 prefix may stand before an ISATAP interface, and Teredo names its server too. */
export function everyEmbeddedIPv4(a: IpAddress): readonly IpAddress[] {
  const teredoServer = a.w0 === TEREDO ? ipv4(a.w1) : undefined;
  return [byPrefix(a), byInterfaceId(a), teredoServer].filter(found => found !== undefined);
}

const NAT64 = 0x0064ff9b;
const SIX_TO_FOUR = 0x2002;
const TEREDO = 0x20010000;
const TRANSLATED = 0xffff0000 | 0;

function byPrefix(a: IpAddress): IpAddress | undefined {
  if (a.w0 >>> 16 === SIX_TO_FOUR) return ipv4((a.w0 << 16) | (a.w1 >>> 16)); // 2002::/16, RFC 3056 §2
  if (a.w0 === TEREDO) return ipv4(~a.w3); // 2001::/32, the client's address inverted, RFC 4380 §4
  if (a.w0 === NAT64) return isNat64(a) ? ipv4(a.w3) : undefined;
  if (a.w0 !== 0 || a.w1 !== 0) return undefined;
  if (a.w2 === TRANSLATED) return ipv4(a.w3); // ::ffff:0:0:0/96, RFC 2765 §2.1
  const isCompatible = a.w2 === 0 && a.w3 !== 0 && a.w3 !== 1; // ::/96 but not :: and ::1, RFC 4291 §2.5.5.1
  return isCompatible ? ipv4(a.w3) : undefined;
}

/** 64:ff9b::/96 (RFC 6052 §2.1), and 64:ff9b:1::/48 (RFC 8215 §5) read as if its prefix were 96 bits long. */
function isNat64(a: IpAddress): boolean {
  return (a.w1 === 0 && a.w2 === 0) || a.w1 >>> 16 === 1;
}

/** ISATAP: an interface identifier of 0000:5efe or 0200:5efe and the address (RFC 5214 §6.1). */
function byInterfaceId(a: IpAddress): IpAddress | undefined {
  return a.w2 === 0x00005efe || a.w2 === 0x02005efe ? ipv4(a.w3) : undefined;
}
