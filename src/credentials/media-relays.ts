import type { IceHost } from './ice-servers.ts';

/** A relay as clients of the Microsoft dialect are told it: a host and one port per transport. */
export interface MediaRelay {
  readonly host: string;
  readonly udpPort: number;
  /** Undefined where no TCP port is open, or none leads to TCP relays. */
  readonly tcpPort?: number;
}

/**
 * Every host with a UDP port and an IPv4 address: such clients ask for no other. Names that exist for TLS only are left out. What comes over
 * TCP wants a TCP relay, so where the edge has none the port is not named.
 */
export function mediaRelays(hosts: readonly IceHost[], hasTcpRelays: boolean): MediaRelay[] {
  return hosts.flatMap(({ host, udp: [udpPort], tcp: [tcpPort] }) => {
    if (udpPort === undefined || host.includes(':')) return [];
    return [{ host, udpPort, ...(hasTcpRelays && tcpPort !== undefined ? { tcpPort } : {}) }];
  });
}
