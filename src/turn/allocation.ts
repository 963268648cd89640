import {
  type Channel,
  copyOf,
  type Family,
  type Millis,
  type RelayTransport,
  type TransportAddress,
} from '../wire/index.ts';
import { Timer } from './deadlines.ts';
import type { AllocationRecord, Effect, EndReason } from './effects.ts';
import type { MsSession } from './ms/session.ts';
import type { AllocateAnswer, Opening } from './opening.ts';
import type { Client, Credential } from './questions.ts';
import type { Relay } from './relay.ts';

/**
 * What one client holds (RFC 8656 §3.2): one relay, or two of different families. It knows nothing of messages, so every dialect
 * can use it.
 */
export class Allocation {
  /** A copy: it outlives the datagram it came with. */
  readonly client: Client;
  readonly credential: Credential;
  /** Closed relays stay, so that their ids are not given away before the record of this allocation has been written. */
  readonly relays: readonly Relay[];
  readonly startedAt: Millis;
  readonly timer: Timer;
  /** The Allocate this came from: its repetitions are told apart from new ones. */
  readonly answer: AllocateAnswer;
  /** What the Microsoft dialect keeps; undefined for clients of RFC 8656. A client never changes its dialect. */
  readonly microsoft: MsSession | undefined;
  /** Set until every relay asked for has been opened or refused. */
  opening: Opening | undefined;
  /** What the Allocate was answered with, for its repetitions (RFC 8656 §7.2). */
  answered: Uint8Array | undefined;

  constructor(
    client: Client,
    credential: Credential,
    relays: readonly Relay[],
    answer: AllocateAnswer,
    opening: Opening,
    now: Millis,
    onDue: (allocation: Allocation, now: Millis, effects: Effect[]) => void,
  ) {
    const { id, transport, address, local } = client;
    this.client = { id, transport, address: copyOf(address), local: copyOf(local) };
    this.credential = credential;
    this.relays = relays;
    this.answer = answer;
    this.microsoft = answer.microsoft;
    this.opening = opening;
    this.startedAt = now;
    this.timer = new Timer((when, effects) => onDue(this, when, effects));
  }

  /** The open relay of a family. Asked for every Send indication. */
  relayOf(family: Family): Relay | undefined {
    for (const relay of this.relays) if (relay.family === family && relay.state === 'open') return relay;
    return undefined;
  }

  /** What its relays carry: all of them the same. */
  get transport(): RelayTransport {
    return this.relays[0]?.transport ?? 'udp';
  }

  get open(): readonly Relay[] {
    return this.relays.filter(relay => relay.state === 'open');
  }

  /** Within one allocation a channel has one peer, whichever relay leads to it (RFC 8656 §12). */
  peerOf(channel: Channel): TransportAddress | undefined {
    for (const relay of this.open) {
      const peer = relay.channels.peerOf(channel);
      if (peer !== undefined) return peer;
    }
    return undefined;
  }

  get permissions(): number {
    return this.open.reduce((sum, relay) => sum + relay.permissions.size, 0);
  }

  get channels(): number {
    return this.open.reduce((sum, relay) => sum + relay.channels.size, 0);
  }

  /** When the last open relay ends. */
  get until(): Millis {
    return this.open.reduce((latest, relay) => Math.max(latest, relay.until), 0);
  }

  /** When the first thing in it lapses. */
  earliest(): Millis {
    return this.open.reduce((at, relay) => Math.min(at, relay.earliest()), Infinity);
  }

  record(reason: EndReason, endedAt: Millis): AllocationRecord {
    const relays = this.relays.flatMap(({ id, address }) => (address === undefined ? [] : [{ relay: id, address }]));
    const { id: clientId, transport, address: client, local } = this.client;
    return {
      user: this.credential.user,
      transport,
      clientId,
      client,
      local,
      relays,
      startedAt: this.startedAt,
      endedAt,
      reason,
    };
  }
}
