import { setTimeout as sleep } from 'node:timers/promises';
import type { Arrival, IdleFacts, PortSpan, RelayedFacts, SizeFacts } from '../../topology/doctor/index.ts';
import { formatAddress, type IpAddress, sameIp, type TransportAddress, withPort } from '../../wire/index.ts';
import type { Asker } from './asker.ts';
import { PeerSocket } from './peer-socket.ts';
import { inward, outward, type RelayEnd } from './relay-crossing.ts';

export interface RelayTrial {
  readonly end: RelayEnd;
  readonly relayed: TransportAddress;
  /** The address of the edge as we dial it. */
  readonly dialled: IpAddress;
  /** A listener that tells our sockets how they are seen; none when UDP gets no answer. */
  readonly stun: TransportAddress | undefined;
  /** How the edge sees us when no listener tells. */
  readonly seenAs: IpAddress;
  /** Of ours, where our peers are. */
  readonly local: IpAddress;
  /** Where relays may send to, as planned. */
  readonly peerPorts: PortSpan | undefined;
  readonly idleSeconds: number | undefined;
}

/** Payloads: of sound and video, of a full packet that needs no fragment even inside an indication, and of one that does. */
const SIZES = [1_200, 1_400, 2_800];

/** Datagrams through one relay, both ways, to sockets of ours. */
export async function tryRelay(trial: RelayTrial): Promise<RelayedFacts> {
  const peers = await inTurn([0, 1, 2], () => PeerSocket.open(trial.local, spanOf(trial.peerPorts)));
  try {
    return await withPeers(trial, peers);
  } finally {
    for (const peer of peers) peer.close();
  }
}

/** Any port where any will do: the system knows best which are free. */
function spanOf(ports: PortSpan | undefined): PortSpan | undefined {
  return ports === undefined || ports.first <= 1 ? undefined : ports;
}

/** The last peer is the first to send: a firewall remembers whom the relay has sent to, and lets those in. */
async function withPeers(trial: RelayTrial, peers: readonly PeerSocket[]): Promise<RelayedFacts> {
  const { end, relayed, dialled } = trial;
  const caller = peers.at(-1)!;
  const seen = await Promise.all(peers.map(peer => seenAs(trial, peer)));
  const at = seen.at(-1)!;
  await permit(end.asker, [...seen, caller.local]);
  const outFirst = await Promise.all(peers.slice(0, -1).map((peer, i) => outward(end, peer, seen[i]!)));
  const inwardFrom = await inward(end, caller, relayed);
  const elsewhere = withPort(dialled, relayed.port);
  const inwardAtDialled = sameIp(dialled, relayed) ? undefined : await inward(end, caller, elsewhere);
  const back = inwardFrom ?? inwardAtDialled ?? at;
  const way = inwardFrom === undefined && inwardAtDialled !== undefined ? elsewhere : relayed;
  return {
    relayed: formatAddress(relayed),
    peer: { local: formatAddress(caller.local), mapped: trial.stun && formatAddress(at) },
    outFirst: outFirst.map(arrival),
    inward: arrival(inwardFrom),
    inwardAtDialled: sameIp(dialled, relayed) ? undefined : arrival(inwardAtDialled),
    outReply: arrival(await outward(end, caller, back)),
    sizes: inwardFrom === undefined ? [] : await trySizes(end, caller, way, back),
    idle: trial.idleSeconds === undefined ? undefined : await tryIdle(end, caller, way, back, trial.idleSeconds),
  };
}

async function seenAs({ stun, seenAs: ip }: RelayTrial, peer: PeerSocket): Promise<TransportAddress> {
  const told = stun === undefined ? undefined : await peer.binding(stun);
  return told?.mapped ?? withPort(ip, peer.local.port);
}

/** Each alone: one that is denied is no reason to refuse the others (RFC 8656 §9.2). */
async function permit(asker: Asker, addresses: readonly TransportAddress[]): Promise<void> {
  const different = addresses.filter((a, i) => addresses.findIndex(b => sameIp(a, b)) === i);
  for (const address of different) await asker.permit(address);
}

async function trySizes(
  end: RelayEnd,
  peer: PeerSocket,
  way: TransportAddress,
  back: TransportAddress,
): Promise<SizeFacts[]> {
  return inTurn(SIZES, async bytes => ({
    bytes,
    out: (await outward(end, peer, back, bytes)) !== undefined,
    inward: (await inward(end, peer, way, bytes)) !== undefined,
  }));
}

async function tryIdle(
  end: RelayEnd,
  peer: PeerSocket,
  way: TransportAddress,
  back: TransportAddress,
  seconds: number,
): Promise<IdleFacts> {
  const before = await mapping(end.asker);
  await sleep(seconds * 1000);
  const out = arrival(await outward(end, peer, back));
  const inwardFrom = arrival(await inward(end, peer, way));
  return { seconds, out, inward: inwardFrom, mapped: [before, await mapping(end.asker)] };
}

async function mapping(asker: Asker): Promise<string | undefined> {
  const answer = await asker.binding();
  return answer.said === 'success' && answer.value.mapped ? formatAddress(answer.value.mapped) : undefined;
}

function arrival(from: TransportAddress | undefined): Arrival {
  return from === undefined ? {} : { from: formatAddress(from) };
}

export async function inTurn<A, B>(all: readonly A[], each: (a: A, i: number) => Promise<B>): Promise<B[]> {
  const done: B[] = [];
  for (const [i, a] of all.entries()) done.push(await each(a, i));
  return done;
}
