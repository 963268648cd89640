import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { parseDuration, parseSecretSource } from '../control/config/index.ts';
import { OperatorError, resolveSecret } from '../control/index.ts';
import { readSecret } from '../server/index.ts';
import { type IpAddress, parseIp, type TransportAddress, withPort } from '../wire/index.ts';

/*
 * What people write on the command line of doctor and probe, as values.
 */

/** Every address of a name or address. */
export async function addressesOf(text: string, what: string): Promise<IpAddress[]> {
  const host = text.replace(/^\[|\]$/g, '');
  const ip = parseIp(host);
  if (ip !== undefined) return [ip];
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ address }) => parseIp(address)).filter(each => each !== undefined);
  } catch {
    throw new OperatorError(
      'SALLYPORT_USAGE',
      `${what}: ${text} has no address in DNS`,
      'write a name that resolves, or an address',
    );
  }
}

/** `turn2.example.org`, `192.0.2.7:3479` or `[2001:db8::7]:3478`: all its addresses, with the port of STUN unless another is given. */
export async function serversOf(texts: readonly string[], what: string): Promise<TransportAddress[]> {
  const all = await Promise.all(
    texts.map(async text => {
      const [, six, name, port = '3478'] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
      const addresses = await addressesOf(six ?? name ?? text, what);
      return addresses.map(address => withPort(address, Number(port)));
    }),
  );
  return all.flat();
}

export function portsOf(text: string, what: string): number[] {
  const ports = text === 'none' ? [] : text.split(',').map(Number);
  if (ports.every(port => Number.isInteger(port) && port > 0 && port < 65_536)) return ports;
  throw new OperatorError(
    'SALLYPORT_USAGE',
    `${what}: "${text}" is no list of ports`,
    'write it as 3478 or 443,8443, or as none',
  );
}

export function secondsOf(text: string, what: string, most: number): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds > 0 && seconds <= most) return seconds;
  throw new OperatorError(
    'SALLYPORT_USAGE',
    `${what}: "${text}" is no duration up to ${most} s`,
    'write it as 60s or 5m',
  );
}

export function countOf(text: string, what: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 0 && count <= 65_535) return count;
  throw new OperatorError('SALLYPORT_USAGE', `${what}: "${text}" is no number of ports`, 'write it as 32');
}

/** A secret as in the configuration: itself, env:NAME or file:PATH. */
export function secretOf(text: string, what: string): string {
  const source = parseSecretSource(text);
  if (source === undefined)
    throw new OperatorError('SALLYPORT_USAGE', `${what} is empty`, 'write the value, env:NAME or file:PATH');
  return resolveSecret(source, what, readSecret);
}

/** The name that clients use; an address is none. */
export function nameIn(text: string): string | undefined {
  return isIP(text.replace(/^\[|\]$/g, '')) === 0 ? text : undefined;
}
