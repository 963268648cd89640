import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  copyOf,
  type LinkId,
  METHODS,
  MessageWriter,
  type Millis,
  type PeerAddress,
  sameAddress,
} from '../wire/index.ts';
import type { Allocation } from './allocation.ts';
import { Answer } from './answer.ts';
import type { Core } from './core.ts';
import { relayFor } from './create-permission.ts';
import type { Effect, Refusal } from './effects.ts';
import { readPeer } from './named-peer.ts';
import { BIND_MILLIS, CONNECT_MILLIS, type PeerConnection } from './peer-connections.ts';
import { refuseWith } from './refuse.ts';
import type { Relay } from './relay.ts';
import { type AllocationRequest, isRefused, type Refused, refused } from './request.ts';

const NOTHING: readonly Effect[] = [];

/** Connect (RFC 6062 §5.2): the checks in their order, then an attempt from the relayed address; it is answered when that is known. */
export function onConnect(core: Core, request: AllocationRequest): readonly Effect[] | Refused {
  const { view, allocation, now } = request;
  const buffer = new AddressBuffer();
  if (!allocation.open.some(({ transport }) => transport === 'tcp')) return refused('allocation-mismatch');
  const isAddress = readPeer(core, view, view.find(ATTRIBUTES.XorPeerAddress), buffer) && buffer.port !== 0;
  if (!isAddress) return refused('bad-request');
  const peer = copyOf<PeerAddress>(buffer as PeerAddress & AddressBuffer);
  const relay = relayFor(core, request, peer);
  if (isRefused(relay)) return relay;
  if (connectionWith(relay, peer) !== undefined) return refused('connection-exists', { peer });
  if (isFull(core, allocation)) return refused('connection-limit', { peer });
  const answer = new Answer(request, request.seal);
  const opened = core.connections.open(
    { allocation, relay, peer, answer, state: 'connecting' },
    now + CONNECT_MILLIS,
    (due, when, effects) => onConnectionDue(core, due, when, effects),
  );
  return [{ do: 'connect-link', link: opened.link, relay: relay.id, peer }];
}

/** The peer is connected: the client hears its CONNECTION-ID, and has half a minute to bind it. */
export function peerConnected(core: Core, link: LinkId, now: Millis): readonly Effect[] {
  const connection = core.connections.byLink(link);
  if (connection?.state !== 'connecting') return NOTHING;
  connection.state = 'waiting';
  core.connections.expect(connection, now + BIND_MILLIS);
  const answer = connection.answer!;
  return [answer.reply(answer.succeed(w => w.uint32(ATTRIBUTES.ConnectionId, connection.id)))];
}

/** There is no connection (any more), whoever ended it. One that never came about is told of. */
export function linkClosed(core: Core, link: LinkId): readonly Effect[] {
  const connection = core.connections.byLink(link);
  if (connection === undefined) return NOTHING;
  core.connections.forget(connection);
  return connection.state === 'connecting' ? refuseWith(connection.answer!, failed(connection)) : NOTHING;
}

/** A peer that came, as what the data plane is to call it; nothing is kept of one that is refused. */
export interface Arrival {
  readonly link: LinkId | undefined;
  readonly effects: readonly Effect[];
}

/** RFC 6062 §5.3: whoever is not permitted, or not allowed any more, is closed at once and the client hears nothing. */
export function peerArrived(core: Core, allocation: Allocation, relay: Relay, peer: PeerAddress, now: Millis): Arrival {
  const why = whyNotIn(core, allocation, relay, peer);
  const client = allocation.client.id;
  if (why !== undefined) {
    const effects: Effect[] = [{ do: 'count-refusal', refusal: why, client, peer }];
    return { link: undefined, effects };
  }
  const opened = core.connections.open(
    { allocation, relay, peer, answer: undefined, state: 'waiting' },
    now + BIND_MILLIS,
    (due, when, effects) => onConnectionDue(core, due, when, effects),
  );
  return { link: opened.link, effects: [{ do: 'reply', client, bytes: connectionAttempt(core, opened) }] };
}

function whyNotIn(core: Core, allocation: Allocation, relay: Relay, peer: PeerAddress): Refusal | undefined {
  if (!relay.permissions.has(peer)) return 'peer-without-permission';
  if (core.questions.peer(peer, allocation.credential.identity) !== 'allowed') return 'peer-denied';
  // One that is met half-way takes the place of our attempt, which the kernel ends: there is one connection between two ports.
  if ((connectionWith(relay, peer)?.state ?? 'connecting') !== 'connecting') return 'connection-exists';
  return isFull(core, allocation) ? 'connection-limit' : undefined;
}

function connectionAttempt({ settings }: Core, { id, peer }: PeerConnection): Uint8Array {
  const room = new Uint8Array(64);
  return new MessageWriter(room, 0, METHODS.ConnectionAttempt, CLASSES.indication, settings.randomBytes(12))
    .xorAddress(ATTRIBUTES.XorPeerAddress, peer)
    .uint32(ATTRIBUTES.ConnectionId, id).message;
}

/** Half a minute is over: nobody answered the attempt, or nobody bound the connection. */
function onConnectionDue(core: Core, connection: PeerConnection, _now: Millis, effects: Effect[]): void {
  core.connections.forget(connection);
  effects.push({ do: 'close-link', link: connection.link });
  const { state, answer, allocation, peer } = connection;
  if (state === 'connecting') effects.push(...refuseWith(answer!, failed(connection)));
  else effects.push({ do: 'count-refusal', refusal: 'connection-not-bound', client: allocation.client.id, peer });
}

function failed({ peer }: PeerConnection): Refused {
  return refused('connection-failed', { peer });
}

function connectionWith(relay: Relay, peer: PeerAddress): PeerConnection | undefined {
  for (const connection of relay.connections) if (sameAddress(connection.peer, peer)) return connection;
  return undefined;
}

function isFull({ settings }: Core, allocation: Allocation): boolean {
  const open = allocation.relays.reduce((sum, { connections }) => sum + connections.size, 0);
  return open >= settings.connectionsPerAllocation;
}
