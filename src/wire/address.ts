import ipaddr from 'ipaddr.js';
import type { Family } from './ids.ts';

/**
 * An IP address in its one canonical form: 128 bits as four signed 32-bit words in network order.
 * IPv4 is ::ffff:a.b.c.d, and so an IPv4-mapped IPv6 address *is* the IPv4 address. Signed words stay small integers in V8.
 */
export interface IpAddress {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

/** An IP address and a port (0 to 65535). */
export interface TransportAddress extends IpAddress {
  readonly port: number;
}

declare const role: unique symbol;
/** Where a client's packets come from, seen from us (its server-reflexive address). */
export type ClientAddress = TransportAddress & { readonly [role]: 'client' };
/** The far end a client exchanges data with through its relay. */
export type PeerAddress = TransportAddress & { readonly [role]: 'peer' };
/** An address of ours that an allocation owns. */
export type RelayAddress = TransportAddress & { readonly [role]: 'relay' };

/** A transport address that is written in place: packet-path code reuses one and lends it out until it returns. */
export class AddressBuffer implements TransportAddress {
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;
  port = 0;

  set(w0: number, w1: number, w2: number, w3: number, port: number): this {
    this.w0 = w0;
    this.w1 = w1;
    this.w2 = w2;
    this.w3 = w3;
    this.port = port;
    return this;
  }
}

const MAPPED = 0xffff;

export function familyOf(a: IpAddress): Family {
  return a.w0 === 0 && a.w1 === 0 && a.w2 === MAPPED ? 4 : 6;
}

export function ipv4(word: number): IpAddress {
  return { w0: 0, w1: 0, w2: MAPPED, w3: word | 0 };
}

/** A lasting copy of an address that may be borrowed. */
export function copyOf<A extends TransportAddress>(a: A): A {
  const { w0, w1, w2, w3, port }: TransportAddress = a;
  return { w0, w1, w2, w3, port } as A;
}

export function withPort(ip: IpAddress, port: number): TransportAddress {
  return { w0: ip.w0, w1: ip.w1, w2: ip.w2, w3: ip.w3, port };
}

export function sameIp(a: IpAddress, b: IpAddress): boolean {
  return a.w3 === b.w3 && a.w2 === b.w2 && a.w1 === b.w1 && a.w0 === b.w0;
}

export function sameAddress(a: TransportAddress, b: TransportAddress): boolean {
  return a.port === b.port && sameIp(a, b);
}

/** The address a text names, in canonical form; undefined when it names none. Zone ids and shorthand IPv4 are refused. */
export function parseIp(text: string): IpAddress | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return fromBytes(ipaddr.IPv4.parse(text).toByteArray());
  const groups = withoutDots(text);
  if (groups === undefined || groups.includes('%') || !ipaddr.IPv6.isValid(groups)) return undefined;
  return fromBytes(ipaddr.IPv6.parse(groups).toByteArray());
}

/** `::ffff:192.0.2.1` as `::ffff:c000:201`: the parser would take octal and hexadecimal there, and not take `::192.0.2.1`. */
function withoutDots(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const tail = text.lastIndexOf(':') + 1;
  const dotted = text.slice(tail);
  if (!ipaddr.IPv4.isValidFourPartDecimal(dotted)) return undefined;
  const { w3 } = fromBytes(ipaddr.IPv4.parse(dotted).toByteArray());
  return `${text.slice(0, tail)}${(w3 >>> 16).toString(16)}:${(w3 & MAPPED).toString(16)}`;
}

/** Four bytes are IPv4, sixteen are IPv6. */
export function fromBytes(b: ArrayLike<number>): IpAddress {
  if (b.length === 4) return ipv4(wordAt(b, 0));
  if (b.length !== 16) throw new RangeError('an IP address has 4 or 16 bytes');
  return { w0: wordAt(b, 0), w1: wordAt(b, 4), w2: wordAt(b, 8), w3: wordAt(b, 12) };
}

function wordAt(b: ArrayLike<number>, i: number): number {
  return (b[i]! << 24) | (b[i + 1]! << 16) | (b[i + 2]! << 8) | b[i + 3]!;
}

/** For logs, the API and sockets: `192.0.2.1`, `2001:db8::1`. */
export function formatIp(a: IpAddress): string {
  if (familyOf(a) === 4) return `${a.w3 >>> 24}.${(a.w3 >>> 16) & 255}.${(a.w3 >>> 8) & 255}.${a.w3 & 255}`;
  const groups = [a.w0, a.w1, a.w2, a.w3].flatMap(w => [(w >>> 16) & MAPPED, w & MAPPED]);
  return new ipaddr.IPv6(groups).toRFC5952String();
}

/** 127.0.0.0/8 or ::1: nobody but this machine reaches it, and no wire carries what is said there. */
export function isLoopbackIp(a: IpAddress): boolean {
  if (familyOf(a) === 4) return a.w3 >>> 24 === 127;
  return a.w0 === 0 && a.w1 === 0 && a.w2 === 0 && a.w3 === 1;
}

/** For logs and the API: `192.0.2.1:3478`, `[2001:db8::1]:3478`. */
export function formatAddress(a: TransportAddress): string {
  return familyOf(a) === 4 ? `${formatIp(a)}:${a.port}` : `[${formatIp(a)}]:${a.port}`;
}
