import type { IceServer } from '../api/credentials.ts';

/** How a browser reaches the relay. */
export type Transport = 'udp' | 'tcp' | 'tls';
export type Choice = Transport | 'all';

export const CHOICES: readonly Choice[] = ['all', 'udp', 'tcp', 'tls'];

export interface TurnUrl {
  readonly host: string;
  readonly port: number;
  readonly transport: Transport;
}

/** The parts of a `turn:` or `turns:` address (RFC 7065 §3.1); null for anything else, such as `stun:`. */
export function readTurnUrl(url: string): TurnUrl | null {
  const parts = /^(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/i.exec(url);
  if (parts === null) return null;
  const secure = parts[1]!.toLowerCase() === 'turns';
  const port = parts[3] === undefined ? (secure ? 5349 : 3478) : Number(parts[3]);
  const plain = parts[4]?.toLowerCase() === 'tcp' ? 'tcp' : 'udp';
  return { host: parts[2]!, port, transport: secure ? 'tls' : plain };
}

/** Browsers spell an address their own way: two spellings of one address are the same path. */
export function sameTurnUrl(a: string, b: string): boolean {
  const [left, right] = [readTurnUrl(a), readTurnUrl(b)];
  if (left === null || right === null) return a === b;
  return left.host === right.host && left.port === right.port && left.transport === right.transport;
}

/** The same servers with the addresses of one transport only. */
export function serversFor(servers: readonly IceServer[], choice: Choice): IceServer[] {
  const wanted = (url: string) => {
    const read = readTurnUrl(url);
    return read !== null && (choice === 'all' || read.transport === choice);
  };
  return servers.map(s => ({ ...s, urls: s.urls.filter(wanted) })).filter(s => s.urls.length > 0);
}

export function urlsOf(servers: readonly IceServer[]): string[] {
  return servers.flatMap(s => [...s.urls]);
}

export function isChoice(value: string): value is Choice {
  return (CHOICES as readonly string[]).includes(value);
}
