import { strict as assert } from 'node:assert';
import type { ClientId, LinkId, Millis, TransportAddress } from '../wire/index.ts';
import type { Allocation } from './allocation.ts';
import type { Answer } from './answer.ts';
import { type Deadlines, Timer } from './deadlines.ts';
import type { Effect } from './effects.ts';
import type { TurnSettings } from './questions.ts';
import type { Relay } from './relay.ts';

/** RFC 6062 §5.2: an attempt to connect, and then the wait for its ConnectionBind, are given half a minute each. */
export const CONNECT_MILLIS: Millis = 30_000;
export const BIND_MILLIS: Millis = 30_000;

/** One TCP connection with a peer (RFC 6062 §3): on its way, waiting for its ConnectionBind, or joined with one of the client's. */
export interface PeerConnection {
  /** CONNECTION-ID, of which nobody but the client can know. */
  readonly id: number;
  readonly link: LinkId;
  readonly allocation: Allocation;
  readonly relay: Relay;
  readonly peer: TransportAddress;
  /** To the Connect it came from; undefined for what a peer opened. */
  readonly answer: Answer | undefined;
  readonly timer: Timer;
  state: 'connecting' | 'waiting' | 'bound';
}

export type NewConnection = Pick<PeerConnection, 'allocation' | 'relay' | 'peer' | 'answer' | 'state'>;

/** All connections with peers, found by what clients and the data plane call them. */
export class PeerConnections {
  readonly #byId = new Map<number, PeerConnection>();
  readonly #byLink = new Map<LinkId, PeerConnection>();
  /** Whose ConnectionBind another worker is asked about, and how it will be answered. */
  readonly #asking = new Map<ClientId, Answer>();
  readonly #deadlines: Deadlines;
  readonly #settings: TurnSettings;
  #links = 0;

  constructor(deadlines: Deadlines, settings: TurnSettings) {
    this.#deadlines = deadlines;
    this.#settings = settings;
  }

  get size(): number {
    return this.#byLink.size;
  }

  get asking(): number {
    return this.#asking.size;
  }

  open(
    connection: NewConnection,
    until: Millis,
    onDue: (due: PeerConnection, now: Millis, effects: Effect[]) => void,
  ): PeerConnection {
    const timer = new Timer((now, effects) => onDue(opened, now, effects));
    const opened: PeerConnection = { ...connection, id: this.#freshId(), link: this.#links++ as LinkId, timer };
    this.#byId.set(opened.id, opened);
    this.#byLink.set(opened.link, opened);
    opened.relay.connections.add(opened);
    this.#deadlines.wakeBy(timer, until);
    return opened;
  }

  byId(id: number): PeerConnection | undefined {
    return this.#byId.get(id);
  }

  byLink(link: LinkId): PeerConnection | undefined {
    return this.#byLink.get(link);
  }

  /** A timer is only ever moved forward: a later time needs it taken out first. */
  expect(connection: PeerConnection, until: Millis): void {
    this.#deadlines.remove(connection.timer);
    this.#deadlines.wakeBy(connection.timer, until);
  }

  bound(connection: PeerConnection): void {
    connection.state = 'bound';
    this.#deadlines.remove(connection.timer);
  }

  forget(connection: PeerConnection): void {
    assert(this.#byLink.delete(connection.link), 'a connection ends once');
    this.#byId.delete(connection.id);
    connection.relay.connections.delete(connection);
    this.#deadlines.remove(connection.timer);
  }

  /** A relay takes its connections with it: no effect needs to name them. */
  forgetAllOf(relay: Relay): void {
    for (const connection of relay.connections) this.forget(connection);
  }

  /** Which worker has drawn this CONNECTION-ID. */
  workerOf(id: number): number {
    return id % this.#settings.worker.count;
  }

  ask(client: ClientId, answer: Answer): boolean {
    if (this.#asking.has(client)) return false;
    this.#asking.set(client, answer);
    return true;
  }

  /** The answer that waits for another worker's word, once. */
  asked(client: ClientId): Answer | undefined {
    const answer = this.#asking.get(client);
    this.#asking.delete(client);
    return answer;
  }

  /** 32 random bits, drawn again until they name this worker: whoever guesses has one chance in so many million, and must be the same user. */
  #freshId(): number {
    const { index } = this.#settings.worker;
    for (;;) {
      const id = Buffer.from(this.#settings.randomBytes(4)).readUInt32BE();
      if (this.workerOf(id) === index && !this.#byId.has(id)) return id;
    }
  }
}
