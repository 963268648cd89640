import type { IceHost } from './ice-servers.ts';

/** A relay as clients of the Microsoft dialect are told it: a host and one port per transport. */
export interface MediaRelay {
  readonly host: string;
  readonly udpPort: number;
}

/**
 * Every host with a UDP port and an IPv4 address: such clients ask for no other. TCP is not named: there it would have to relay TCP.
 * Names that exist for TLS only are left out as well.
 */
export function mediaRelays(hosts: readonly IceHost[]): MediaRelay[] {
  return hosts.flatMap(({ host, udp: [udpPort] }) =>
    udpPort === undefined || host.includes(':') ? [] : [{ host, udpPort }],
  );
}
