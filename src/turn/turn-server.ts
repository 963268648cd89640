import { strict as assert } from 'node:assert';
import {
  type ClientId,
  copyOf,
  isMsTurn,
  type LinkId,
  LONGEST_TEXT,
  type Millis,
  type PeerAddress,
  type RelayAddress,
  type RelayId,
  type Transport,
  type TransportAddress,
} from '../wire/index.ts';
import type { Allocation } from './allocation.ts';
import { Allocations } from './allocations.ts';
import { type Arrival, linkClosed, peerArrived, peerConnected } from './connect.ts';
import { bindForElsewhere, boundElsewhere } from './connection-bind.ts';
import type { Core } from './core.ts';
import { DataIndications } from './data.ts';
import { Deadlines } from './deadlines.ts';
import type { Effect, EndReason, Refusal } from './effects.ts';
import { endAllocation } from './ending.ts';
import { MsDialect } from './ms-dialect.ts';
import { Nonces } from './nonce.ts';
import { type RelayFailure, relayFailed, relayOpened } from './opening.ts';
import { PeerConnections } from './peer-connections.ts';
import type { Client, PacketSink, Questions, TurnSettings } from './questions.ts';
import { type Reservation, type ReservationNews, Reservations } from './reservation.ts';
import { StandardDialect } from './standard-dialect.ts';

/** An allocation as operators see it. A copy: it does not change afterwards. */
export interface Session {
  readonly user: string;
  readonly identity: string;
  readonly transport: Transport;
  readonly clientId: ClientId;
  readonly client: TransportAddress;
  readonly relays: readonly { readonly relay: RelayId; readonly address: TransportAddress }[];
  readonly since: Millis;
  readonly expires: Millis;
  readonly permissions: number;
  readonly channels: number;
}

export interface Counts {
  readonly allocations: number;
  readonly permissions: number;
  readonly channels: number;
  readonly reservations: number;
  /** TCP connections with peers. */
  readonly connections: number;
}

/**
 * The STUN and TURN server without sockets, clock or dice: events go in with the time, effects come out, in the order in which they
 * are to be done. Payloads go to the sink at once. Nothing is stored for anyone who is not a user with an allocation.
 */
export class TurnServer {
  readonly #core: Core;
  readonly #standard: StandardDialect;
  readonly #microsoft: MsDialect;
  readonly #data: DataIndications;

  constructor(settings: TurnSettings, questions: Questions, sink: PacketSink, news?: ReservationNews) {
    assert(Buffer.byteLength(settings.realm) <= LONGEST_TEXT, 'the realm is too long for a REALM attribute');
    const deadlines = new Deadlines();
    const nonces = new Nonces(settings.nonceKey, settings.nonceLifetimeSeconds);
    const reservations = new Reservations(deadlines, news);
    const allocations = new Allocations();
    const connections = new PeerConnections(deadlines, settings);
    this.#core = { settings, questions, sink, allocations, reservations, deadlines, nonces, connections };
    this.#standard = new StandardDialect(this.#core);
    this.#microsoft = new MsDialect(this.#core);
    this.#data = new DataIndications(this.#core);
  }

  /**
   * A message of either dialect or garbage from a client (not what an installed channel carries). Bytes and client are borrowed. The payload of a
   * Send indication goes to the sink, and the empty list is shared.
   */
  onMessage(client: Client, bytes: Uint8Array, start: number, end: number, now: Millis): readonly Effect[] {
    const dialect = isMsTurn(bytes, start, end) ? this.#microsoft : this.#standard;
    return dialect.onMessage(client, bytes, start, end, now);
  }

  /** A permitted peer's datagram without a channel: written as a Data indication in place (64 bytes in front, 4 behind) and sent. */
  onPeerData(relay: RelayId, peer: PeerAddress, bytes: Uint8Array, start: number, end: number): void {
    this.#data.onPeerData(relay, peer, bytes, start, end);
  }

  /** An ICMP error about a datagram to a permitted peer: its client is told in a Data indication (RFC 8656 §11.5). */
  onRelayError(relay: RelayId, peer: PeerAddress, type: number, code: number, data: number): void {
    this.#data.onError(relay, peer, { type, code, data });
  }

  onRelayOpened(id: RelayId, address: RelayAddress, reservedPort: number | undefined, now: Millis): readonly Effect[] {
    const allocation = this.#core.allocations.byRelay(id);
    const relay = this.#core.allocations.relay(id);
    if (allocation === undefined || relay === undefined) return [];
    return relayOpened(this.#core, allocation, relay, address, reservedPort, now);
  }

  onRelayFailed(id: RelayId, why: RelayFailure, now: Millis): readonly Effect[] {
    const allocation = this.#core.allocations.byRelay(id);
    const relay = this.#core.allocations.relay(id);
    if (allocation === undefined || relay === undefined) return [];
    return relayFailed(this.#core, allocation, relay, why, now);
  }

  /** A connection that `connect-link` asked for is there. */
  onPeerConnected(link: LinkId, now: Millis): readonly Effect[] {
    return peerConnected(this.#core, link, now);
  }

  /** It could not be had, or it has closed; whatever was joined with it is closed as well. */
  onLinkClosed(link: LinkId): readonly Effect[] {
    return linkClosed(this.#core, link);
  }

  /** A peer has connected to a relay: how its connection is called, or undefined for one that is to be closed at once. */
  onPeerArrived(id: RelayId, peer: PeerAddress, now: Millis): Arrival {
    const allocation = this.#core.allocations.byRelay(id);
    const relay = this.#core.allocations.relay(id);
    if (allocation?.opening !== undefined || relay?.state !== 'open') return { link: undefined, effects: [] };
    return peerArrived(this.#core, allocation!, relay, copyOf(peer), now);
  }

  /** A client of another worker, who is this user, wants the connection: its link, from now on bound, or why not. */
  bindForElsewhere(connection: number, user: string): LinkId | Refusal {
    return bindForElsewhere(this.#core, connection, user);
  }

  /** The answer to `bind-elsewhere`, for the client. */
  onBoundElsewhere(client: ClientId, connection: number, refusal: Refusal | undefined): readonly Effect[] {
    return boundElsewhere(this.#core, client, connection, refusal);
  }

  /** Another worker holds a port back under this token: who comes with it to us is served. */
  onReservationElsewhere(token: Uint8Array, reservation: Reservation, now: Millis): void {
    this.#core.reservations.learn(token, reservation, now);
  }

  onReservationClaimedElsewhere(token: Uint8Array): readonly Effect[] {
    const effects: Effect[] = [];
    this.#core.reservations.claimedElsewhere(token, effects);
    return effects;
  }

  /** A stream closed: its allocation goes with it (RFC 8656 §3.3). */
  onClientGone(client: ClientId, now: Millis): readonly Effect[] {
    const allocation = this.#core.allocations.of(client);
    this.#core.connections.asked(client);
    return allocation === undefined ? [] : this.#end([allocation], 'client-closed', now);
  }

  /** When `onDeadline` has something to do, at the earliest; Infinity when there is nothing to wait for. */
  nextDeadline(): Millis {
    return this.#core.deadlines.next();
  }

  onDeadline(now: Millis): readonly Effect[] {
    const effects: Effect[] = [];
    for (let timer = this.#core.deadlines.take(now); timer !== undefined; timer = this.#core.deadlines.take(now)) {
      timer.onDue(now, effects);
    }
    return effects;
  }

  /** Ends everything there is. */
  stop(now: Millis): readonly Effect[] {
    const effects = this.#end([...this.#core.allocations], 'stopped', now);
    this.#core.reservations.releaseAll(effects);
    return effects;
  }

  /** Ends every allocation of a user, named by username or by identity. */
  kill(user: string, now: Millis): readonly Effect[] {
    const named = [...this.#core.allocations].filter(
      ({ credential }) => credential.user === user || credential.identity === user,
    );
    return this.#end(named, 'killed', now);
  }

  *sessions(): Iterable<Session> {
    for (const allocation of this.#core.allocations) if (allocation.opening === undefined) yield sessionOf(allocation);
  }

  counts(): Counts {
    const { allocations, reservations, connections } = this.#core;
    const sizes = { allocations: allocations.size, reservations: reservations.size, connections: connections.size };
    const counts = { ...sizes, permissions: 0, channels: 0 };
    for (const allocation of allocations) {
      counts.permissions += allocation.permissions;
      counts.channels += allocation.channels;
    }
    return counts;
  }

  #end(allocations: readonly Allocation[], reason: EndReason, now: Millis): Effect[] {
    const effects: Effect[] = [];
    for (const allocation of allocations) endAllocation(this.#core, allocation, reason, now, effects);
    return effects;
  }
}

function sessionOf(allocation: Allocation): Session {
  const { client, credential, open, startedAt, until, permissions, channels } = allocation;
  return {
    user: credential.user,
    identity: credential.identity,
    transport: client.transport,
    clientId: client.id,
    client: client.address,
    relays: open.flatMap(({ id, address }) => (address === undefined ? [] : [{ relay: id, address }])),
    since: startedAt,
    expires: until,
    permissions,
    channels,
  };
}
