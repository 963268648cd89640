import type { Config } from '../control/index.ts';
import type { TransportAddress } from '../wire/index.ts';
import type { AccessEndpoint } from './access/access-service.ts';
import { type Side, sideOf } from './sides.ts';

/** The ports that are really open: what the config says, and what the system gave for 0. */
export interface Ports {
  /** Those of the external side. */
  readonly udp: readonly number[];
  readonly tcp: readonly number[];
  /** None without an internal side. */
  readonly internal: { readonly udp: readonly number[]; readonly tcp: readonly number[] };
  readonly admin: number | undefined;
  /** Those of the Access Edge, the external side's first. None without one. */
  readonly access: Readonly<Record<'tls' | 'wss' | 'ws' | 'tcp', readonly number[]>>;
}

interface Open {
  readonly udp: readonly TransportAddress[];
  readonly tcp: readonly TransportAddress[];
}

export function openPorts(
  config: Config,
  { udp, tcp }: Open,
  admin: TransportAddress | undefined,
  access: readonly AccessEndpoint[] = [],
): Ports {
  const by = (wanted: AccessEndpoint['transport']) =>
    access.filter(({ transport }) => transport === wanted).map(({ address }) => address.port);
  const on = (side: Side, listeners: readonly TransportAddress[]) =>
    listeners.filter(listener => sideOf(config, listener) === side).map(({ port }) => port);
  return {
    udp: on('external', udp),
    tcp: on('external', tcp),
    internal: { udp: on('internal', udp), tcp: on('internal', tcp) },
    admin: admin?.port,
    access: { tls: by('TLS'), wss: by('WSS'), ws: by('WS'), tcp: by('TCP') },
  };
}
