import { readFileSync } from 'node:fs';
import type { MachineFacts, PortSpan } from '../../topology/doctor/index.ts';
import { type Family, familyOf, formatIp, type IpAddress } from '../../wire/index.ts';
import { portOwner } from '../port-owner.ts';

/*
 * What Linux says about itself under /proc. Elsewhere there is nothing to read, and nothing is said.
 */

const MOST_NAMED = 16;

/** The most that the process may raise its limit to. */
export function filesAllowed(process: 'self' | number): number | undefined {
  const line = lines(`/proc/${process}/limits`).find(text => text.startsWith('Max open files'));
  const hard = line?.trim().split(/\s+/)[4];
  if (hard === undefined) return undefined;
  return hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard);
}

/** The ports that outgoing sockets are given. */
export function ephemeralPorts(): PortSpan | undefined {
  const [first, last] = (lines('/proc/sys/net/ipv4/ip_local_port_range')[0] ?? '').trim().split(/\s+/).map(Number);
  return first === undefined || last === undefined ? undefined : { first, last };
}

/** Those that are kept from it. */
export function reservedPorts(): PortSpan[] {
  const text = (lines('/proc/sys/net/ipv4/ip_local_reserved_ports')[0] ?? '').trim();
  return text === ''
    ? []
    : text.split(',').map(part => {
        const [first = 0, last = first] = part.split('-').map(Number);
        return { first, last };
      });
}

export function defaultRoutes(addresses: readonly IpAddress[]): MachineFacts['routes'] {
  const families = new Set<Family>(addresses.map(familyOf));
  const hasDefault = { 4: hasRoute4, 6: hasRoute6 };
  return lines('/proc/net/route').length === 0
    ? []
    : [...families].map(family => ({ family, hasDefault: hasDefault[family]() }));
}

function hasRoute4(): boolean {
  return lines('/proc/net/route').some(line => {
    const [, destination, , , , , , mask] = line.split('\t');
    return destination === '00000000' && mask === '00000000';
  });
}

function hasRoute6(): boolean {
  return lines('/proc/net/ipv6_route').some(line => {
    const fields = line.trim().split(/\s+/);
    return /^0{32}$/.test(fields[0] ?? '') && fields[1] === '00' && fields.at(-1) !== 'lo';
  });
}

/** UDP ports of a span that sockets of other programs hold on these addresses or on all. */
export function portsHeld(
  { first, last }: PortSpan,
  addresses: readonly IpAddress[],
  edge: number | undefined,
): { readonly port: number; readonly owner?: string | undefined }[] {
  // A running edge holds its relays itself, and its workers are processes of their own: then only the kernel's word would be left.
  if (edge !== undefined) return [];
  const own = new Set(addresses.map(formatIp));
  const held = [...boundPorts('/proc/net/udp', own), ...boundPorts('/proc/net/udp6', own)];
  const taken = [...new Set(held)].filter(port => first <= port && port <= last);
  return taken.slice(0, MOST_NAMED).map(port => ({ port, owner: portOwner('udp', port) }));
}

function boundPorts(table: string, own: ReadonlySet<string>): number[] {
  return lines(table)
    .slice(1)
    .flatMap(line => {
      const [address = '', port] = (line.trim().split(/\s+/)[1] ?? '').split(':');
      return port !== undefined && isAmong(address, own) ? [Number.parseInt(port, 16)] : [];
    });
}

/** IPv4 stands there in the machine's byte order; of IPv6 only the wildcard is told apart, for it takes IPv4's ports as well. */
function isAmong(hex: string, own: ReadonlySet<string>): boolean {
  if (/^0+$/.test(hex)) return true;
  if (hex.length !== 8) return false;
  return own.has([3, 2, 1, 0].map(i => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)).join('.'));
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
