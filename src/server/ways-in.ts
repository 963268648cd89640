import type { IceHost } from '../credentials/index.ts';
import { formatAddress, formatIp, type OwnAddresses, sameIp, type TransportAddress } from '../wire/index.ts';
import type { Way } from './self-test.ts';

interface Open {
  readonly udp: readonly TransportAddress[];
  readonly tcp: readonly TransportAddress[];
}

/** Each listener as the self-test tries it. */
export function waysIn({ udp, tcp }: Open): Way[] {
  const way = (transport: 'udp' | 'tcp') => (to: TransportAddress) => ({
    name: `${transport} ${formatAddress(to)}`,
    transport,
    to,
  });
  return [...udp.map(way('udp')), ...tcp.map(way('tcp'))];
}

/**
 * Where clients of a side are told to go: to the addresses that the world knows, for listeners on those that sockets know. TLS clients get the certificate's name when it has one: browsers compare the host in a turns: URI
 * with the certificate, which hardly ever names an address.
 */
export function iceHosts({ all }: OwnAddresses, open: Open, certificateName: string | undefined): IceHost[] {
  const hosts = all.map(({ local, advertised }) => {
    const portsOf = (listeners: readonly TransportAddress[]) =>
      listeners.filter(listener => sameIp(listener, local)).map(listener => listener.port);
    const tcp = portsOf(open.tcp);
    return { host: formatIp(advertised), udp: portsOf(open.udp), tcp, tls: certificateName === undefined ? tcp : [] };
  });
  if (certificateName === undefined) return hosts;
  const tls = [...new Set(hosts.flatMap(host => host.tcp))];
  return [...hosts, { host: certificateName, udp: [], tcp: [], tls }];
}
