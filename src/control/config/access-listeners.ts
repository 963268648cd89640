import { type IpAddress, isLoopbackIp, parseIp } from '../../wire/index.ts';
import type { Config } from './config.ts';

export const ACCESS_TRANSPORTS = { tls: 'TLS', wss: 'WSS', ws: 'WS', tcp: 'TCP' } as const;
type AccessKey = keyof typeof ACCESS_TRANSPORTS;

/** One address and port that signs people in. */
export interface AccessListener {
  readonly key: AccessKey;
  readonly transport: (typeof ACCESS_TRANSPORTS)[AccessKey];
  readonly side: 'external' | 'internal';
  readonly address: IpAddress;
  readonly port: number;
}

const LOOPBACK = parseIp('127.0.0.1')!;

/**
 * Where an Access Edge listens. What is protected by TLS is on every address; what is not is on addresses that strangers don't reach, and on
 * loopback where there are none. External first.
 */
export function accessListeners({ access, external, internal }: Config): AccessListener[] {
  if (access === undefined) return [];
  const outside = external.addresses.map(address => ({ side: 'external' as const, address }));
  const inside = (internal?.addresses ?? []).map(address => ({ side: 'internal' as const, address }));
  const guarded = [...outside.filter(({ address }) => isLoopbackIp(address)), ...inside];
  const plain = guarded.length > 0 ? guarded : [{ side: 'external' as const, address: LOOPBACK }];
  const on = (key: AccessKey, places: typeof plain) =>
    places.flatMap(place => access[key].map(port => ({ key, transport: ACCESS_TRANSPORTS[key], ...place, port })));
  const everywhere = [...outside, ...inside];
  return [...on('tls', everywhere), ...on('wss', everywhere), ...on('ws', plain), ...on('tcp', plain)];
}
