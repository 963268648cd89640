import type { MintedCredential } from './credential.ts';

/** What a browser's RTCPeerConnection takes. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/** A name or address under which clients reach the edge, and the ports there. */
export interface IceHost {
  readonly host: string;
  readonly udp: readonly number[];
  readonly tcp: readonly number[];
  readonly tls: readonly number[];
}

/** The answer of the TURN REST draft. */
export interface TurnRestAnswer {
  readonly username: string;
  readonly password: string;
  readonly ttl: number;
  readonly uris: readonly string[];
}

/** Ready for `new RTCPeerConnection({ iceServers })`: STUN, which needs no password, and TURN by every way in. */
export function iceServers(minted: MintedCredential, hosts: readonly IceHost[]): IceServer[] {
  const servers: IceServer[] = [
    { urls: stunUris(hosts) },
    { urls: turnUris(hosts), username: minted.username, credential: minted.password },
  ];
  return servers.filter(server => server.urls.length > 0); // a browser throws at an empty list
}

export function turnRest(minted: MintedCredential, hosts: readonly IceHost[]): TurnRestAnswer {
  const { username, password, lifetimeSeconds } = minted;
  return { username, password, ttl: lifetimeSeconds, uris: turnUris(hosts) };
}

function stunUris(hosts: readonly IceHost[]): string[] {
  return hosts.flatMap(({ host, udp }) => udp.map(port => `stun:${bracketed(host)}:${port}`)); // RFC 7064 §3.1
}

/** RFC 7065 §3.1; UDP before TCP before TLS, which is the order of preference. */
function turnUris(hosts: readonly IceHost[]): string[] {
  const uris = (scheme: string, transport: string, portsOf: (host: IceHost) => readonly number[]) =>
    hosts.flatMap(host =>
      portsOf(host).map(port => `${scheme}:${bracketed(host.host)}:${port}?transport=${transport}`),
    );
  return [
    ...uris('turn', 'udp', host => host.udp),
    ...uris('turn', 'tcp', host => host.tcp),
    ...uris('turns', 'tcp', host => host.tls),
  ];
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
