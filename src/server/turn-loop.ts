import type { SocketEngine, Upcalls } from '../dataplane/index.ts';
import type { Effect, Refusal, Reservation, TurnServer } from '../turn/index.ts';
import {
  type ClientId,
  copyOf,
  type LinkId,
  type PeerAddress,
  type RelayAddress,
  type RelayId,
} from '../wire/index.ts';
import type { AllocationQuotas } from './allocation-quotas.ts';
import { clock } from './clock.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import { type EffectEvents, Performer } from './perform.ts';

export interface TurnLoopEvents extends EffectEvents {
  /** A client has an allocation now, and has been told. */
  onAllocated(client: ClientId): void;
}

/** Takes what happens on the engine to the protocol core, has its effects performed, and wakes it at its deadlines. */
export class TurnLoop {
  readonly engine: SocketEngine;
  readonly #quotas: AllocationQuotas;
  readonly #events: TurnLoopEvents;
  readonly #performer: Performer;
  readonly #timer: DeadlineTimer;
  /** Until it is given nobody is answered: its questions are about ports that are not all known yet. */
  #turn: TurnServer | undefined;

  constructor(makeEngine: (upcalls: Upcalls) => SocketEngine, quotas: AllocationQuotas, events: TurnLoopEvents) {
    this.engine = makeEngine(this.#upcalls());
    this.#quotas = quotas;
    this.#events = events;
    this.#performer = new Performer(this.engine, events);
    this.#timer = new DeadlineTimer(clock.now, () => this.#did(this.#turn?.onDeadline(clock.now())));
  }

  get allocations(): number {
    return this.#turn?.counts().allocations ?? 0;
  }

  serve(turn: TurnServer): void {
    this.#turn = turn;
  }

  /** Ends every allocation; afterwards nobody is answered. */
  stop(): void {
    this.#timer.stop();
    if (this.#turn !== undefined) this.#performer.perform(this.#turn.stop(clock.now()));
    this.#turn = undefined;
  }

  onClientGone(client: ClientId): void {
    this.#did(this.#turn?.onClientGone(client, clock.now()));
  }

  /** Another worker holds a port back under this token; without a reservation, one was claimed there. */
  learnReservation(token: Uint8Array, reservation: Reservation | undefined): void {
    if (reservation === undefined) this.#did(this.#turn?.onReservationClaimedElsewhere(token));
    else this.#did(this.#turn?.onReservationElsewhere(token, reservation, clock.now()) ?? []);
  }

  /** A client of another worker wants one of our connections with peers. */
  bindForElsewhere(connection: number, user: string): LinkId | Refusal {
    return this.#turn?.bindForElsewhere(connection, user) ?? 'connection-unknown';
  }

  /** What another worker said to a client of ours. */
  onBoundElsewhere(client: ClientId, connection: number, refusal: Refusal | undefined): void {
    this.#did(this.#turn?.onBoundElsewhere(client, connection, refusal));
  }

  #upcalls(): Upcalls {
    return {
      fromClient: (client, bytes, start, end) =>
        this.#did(this.#turn?.onMessage(client, bytes, start, end, clock.now())),
      fromPeer: (relay, peer, bytes, start, end) => this.#turn?.onPeerData(relay, peer, bytes, start, end),
      relayError: (relay, peer, type, code, data) => this.#turn?.onRelayError(relay, peer, type, code, data),
      relayOpened: (relay, address, reservedPort) => this.#onRelayOpened(relay, copyOf(address), reservedPort),
      relayFailed: (relay, why) => {
        this.#performer.onRelayFailed(relay);
        this.#did(this.#turn?.onRelayFailed(relay, why, clock.now()));
      },
      peerArrived: (relay, peer) => this.#onPeerArrived(relay, peer),
      linkConnected: link => this.#did(this.#turn?.onPeerConnected(link, clock.now())),
      linkClosed: link => this.#did(this.#turn?.onLinkClosed(link)),
    };
  }

  /** A relay is opened while the quotas are still asked elsewhere, which keeps its client known; it is told of when both are done. */
  #onRelayOpened(relay: RelayId, address: RelayAddress, reservedPort: number | undefined): void {
    this.#quotas.settled(this.#performer.clientOf(relay)!, outcome => {
      if (outcome === 'reserved') {
        this.#did(this.#turn?.onRelayOpened(relay, address, reservedPort, clock.now()));
        this.#onAllocated(relay);
        return;
      }
      if (outcome !== 'given-back') {
        this.#did(this.#turn?.onRelayFailed(relay, outcome, clock.now()));
        this.#performer.abandon(relay);
      }
      if (reservedPort !== undefined) this.engine.releaseReservation(address, reservedPort);
    });
  }

  #onPeerArrived(relay: RelayId, peer: PeerAddress): LinkId | undefined {
    const arrival = this.#turn?.onPeerArrived(relay, peer, clock.now());
    this.#did(arrival?.effects);
    return arrival?.link;
  }

  #onAllocated(relay: RelayId): void {
    const client = this.#performer.clientOf(relay);
    if (client !== undefined) this.#events.onAllocated(client);
  }

  /** After every event: what it wants done is done, and the timer hears of the earliest deadline. */
  #did(effects: readonly Effect[] | undefined): void {
    if (this.#turn === undefined || effects === undefined) return;
    if (effects.length > 0) this.#performer.perform(effects);
    this.#timer.expect(this.#turn.nextDeadline());
  }
}
