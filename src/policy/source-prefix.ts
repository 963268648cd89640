import { familyOf, type IpAddress } from '../wire/index.ts';

/**
 * Whoever holds one address holds its neighbours: limits on sources count /24 of IPv4 and /56 of IPv6 as one.
 * The key is exact, for tables bounded by live things.
 */
export function sourcePrefixKey(a: IpAddress): string {
  return familyOf(a) === 4 ? `${a.w3 >>> 8}` : `${a.w0},${a.w1 >>> 8}`;
}

/** The same prefix as 32 well-mixed bits, for tables of fixed size. Without the seed nobody can aim at another's slot. */
export function sourcePrefixHash(a: IpAddress, seed: number): number {
  const isIPv4 = familyOf(a) === 4;
  const high = isIPv4 ? -1 : a.w0;
  const low = isIPv4 ? a.w3 >>> 8 : a.w1 >>> 8;
  return mix(mix(mix(seed ^ 0x2545f491) ^ high) ^ low ^ seed) >>> 0;
}

/** A bijection of 32 bits in which every input bit moves every output bit (multiply and xor-shift). */
function mix(h: number): number {
  let x = h;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}
