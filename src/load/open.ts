import { randomInt } from 'node:crypto';
import { loadNative, raiseOpenFiles } from '../native/index.ts';
import type { TransportAddress } from '../wire/index.ts';
import type { Datagrams } from './datagrams.ts';
import type { Envelope } from './envelope.ts';
import type { Lines, LinesSink } from './lines.ts';
import { NativeDatagrams } from './native-datagrams.ts';
import { NodeDatagrams } from './node-datagrams.ts';
import type { LoadOptions } from './options.ts';
import { Peers } from './peers.ts';
import { StreamLines } from './stream-lines.ts';
import { PORTS_IN_TURN, UdpLines } from './udp-lines.ts';

/** Beside the clients' own: standard streams, node's, and our peers'. */
const OTHER_FILES = 256;

/** Native sockets where they can be had, else node's. */
export function openDatagrams({ clients, peers, usesRuns }: LoadOptions, now: () => number): Datagrams {
  const native = loadNative();
  if (typeof native === 'string') return new NodeDatagrams(now);
  raiseOpenFiles(native.libc, clients + peers + OTHER_FILES);
  return new NativeDatagrams(native, 1 + clients, now, usesRuns); // the server, and every relay
}

export interface LinesMeans {
  readonly datagrams: Datagrams;
  readonly envelopeOf: (client: number) => Envelope;
  readonly now: () => number;
}

export function openLines(options: LoadOptions, { datagrams, envelopeOf, now }: LinesMeans, sink: LinesSink): Lines {
  const { transport, server, from, serverName, plan } = options;
  if (transport !== 'udp') {
    return new StreamLines({ server, from, serverName, envelopeOf, isTls: transport === 'tls', now }, sink);
  }
  const firstPort = plan.kind === 'churn' ? randomInt(PORTS_IN_TURN.count) : undefined;
  return new UdpLines(datagrams, { server, from, envelopeOf, want: likely(plan), firstPort }, sink);
}

/** Our own peers, if there is none elsewhere. */
export function openPeers(options: LoadOptions, datagrams: Datagrams): Peers | undefined {
  const { externalPeer, peerAddress, peers, plan } = options;
  if (externalPeer !== undefined) return undefined;
  const direction = plan.kind === 'traffic' ? plan.direction : 'echo';
  return new Peers(datagrams, { at: peerAddress, count: peers, direction });
}

export async function peerAddresses(
  { externalPeer }: LoadOptions,
  peers: Peers | undefined,
): Promise<TransportAddress[]> {
  if (externalPeer !== undefined) return [externalPeer];
  return peers?.addresses() ?? [];
}

/** Datagrams that wait at once on a client's socket. */
function likely(plan: LoadOptions['plan']): number {
  if (plan.kind !== 'traffic') return 1;
  return 'inFlight' in plan.pace ? Math.min(32, plan.pace.inFlight) : plan.sizes.length;
}
