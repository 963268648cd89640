import { strict as assert } from 'node:assert';
import {
  type ClientId,
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
import type { Core } from './core.ts';
import { DataIndications } from './data.ts';
import { Deadlines } from './deadlines.ts';
import type { Effect, EndReason } from './effects.ts';
import { endAllocation } from './ending.ts';
import { Nonces } from './nonce.ts';
import { type RelayFailure, relayFailed, relayOpened } from './opening.ts';
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
}

/**
 * The STUN and TURN server without sockets, clock or dice: events go in with the time, effects come out, in the order in which they
 * are to be done. Payloads go to the sink at once. Nothing is stored for anyone who is not a user with an allocation.
 */
export class TurnServer {
  readonly #core: Core;
  readonly #dialect: StandardDialect;
  readonly #data: DataIndications;

  constructor(settings: TurnSettings, questions: Questions, sink: PacketSink, news?: ReservationNews) {
    assert(Buffer.byteLength(settings.realm) <= LONGEST_TEXT, 'the realm is too long for a REALM attribute');
    const deadlines = new Deadlines();
    const nonces = new Nonces(settings.nonceKey, settings.nonceLifetimeSeconds);
    const reservations = new Reservations(deadlines, news);
    this.#core = { settings, questions, sink, allocations: new Allocations(), reservations, deadlines, nonces };
    this.#dialect = new StandardDialect(this.#core);
    this.#data = new DataIndications(this.#core);
  }

  /**
   * A STUN message or garbage from a client (not ChannelData of an installed channel). Bytes and client are borrowed. The payload of a
   * Send indication goes to the sink, and the empty list is shared.
   */
  onMessage(client: Client, bytes: Uint8Array, start: number, end: number, now: Millis): readonly Effect[] {
    return this.#dialect.onMessage(client, bytes, start, end, now);
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
    const { allocations, reservations } = this.#core;
    const counts = { allocations: allocations.size, permissions: 0, channels: 0, reservations: reservations.size };
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
