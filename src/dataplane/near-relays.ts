import {
  type AddressBuffer,
  NOT_OURS,
  type OwnAddress,
  OwnAddresses,
  type RelayAddress,
  type RelayId,
  type TransportAddress,
} from '../wire/index.ts';
import { NONE, TupleTable } from './tuple-table.ts';

/** What an engine is told of the addresses its relays are on. */
export interface OwnRelays {
  readonly addresses: readonly (OwnAddress & {
    /** The operator lets peers be there besides relays. */
    readonly isOpen: boolean;
  })[];
  /** The ports of the whole edge: other processes may have some of them. */
  readonly ports: { readonly first: number; readonly last: number };
  readonly isShared: boolean;
  /** Whether something of ours may be a peer for now, although it is no relay. */
  isOpen(peer: TransportAddress): boolean;
}

/** A peer that is no relay of this engine, and is to be sent to in the usual way. */
export const FAR = -1;
/** Our own address, but nothing that a peer could be. */
export const NOBODY = -2;

// One relay: its address's index + 1 (0: not open) | its port | what it carries
const STRIDE = 3;
const DATAGRAMS = 0;
const STREAMS = 1;

const NOTHING_OWN: OwnRelays = {
  addresses: [],
  ports: { first: 1, last: 0 },
  isShared: false,
  isOpen: () => false,
};

/**
 * The open relays of one engine, found by address: what one sends to another needs no socket. And the one place where the two spellings
 * of our addresses meet: peers are known by the advertised one, sockets by the local one. No port is a UDP and a TCP relay's at once.
 * Look-ups allocate nothing.
 */
export class NearRelays {
  readonly own: OwnAddresses;
  readonly #relays: OwnRelays;
  readonly #byAddress: TupleTable;
  #places = new Int32Array(16 * STRIDE);

  constructor(random: (below: number) => number, relays: OwnRelays = NOTHING_OWN) {
    this.#relays = relays;
    this.own = new OwnAddresses(relays.addresses);
    this.#byAddress = new TupleTable(random);
  }

  open(relay: RelayId, { w0, w1, w2, w3, port }: RelayAddress, isTcp: boolean): void {
    const index = this.own.indexOf(w0, w1, w2, w3);
    if (index === NOT_OURS) return;
    while ((relay + 1) * STRIDE > this.#places.length) this.#grow();
    this.#places.set([index + 1, port, isTcp ? STREAMS : DATAGRAMS], relay * STRIDE);
    this.#byAddress.set(index, 0, 0, 0, 0, port, relay);
  }

  close(relay: RelayId): void {
    if (!this.#isOpen(relay)) return;
    this.#byAddress.delete(this.#indexOf(relay), 0, 0, 0, 0, this.#portOf(relay));
    this.#places[relay * STRIDE] = 0;
  }

  /**
   * The relay at the address of a peer that `from` sends datagrams to, or FAR, or NOBODY. `to` is where the sockets find what is far; the
   * connections of TCP relays go by what the peer is known by, and are all far: `streamTo` tells more.
   */
  at(from: RelayId, peer: TransportAddress, to: AddressBuffer): RelayId | typeof FAR | typeof NOBODY {
    to.set(peer.w0, peer.w1, peer.w2, peer.w3, peer.port);
    const index = this.own.indexOf(peer.w0, peer.w1, peer.w2, peer.w3);
    if (index === NOT_OURS) return FAR;
    const found = this.#find(from, index, peer);
    if (this.#carries(from) === STREAMS) return found === NOBODY ? NOBODY : FAR;
    const { w0, w1, w2, w3 } = this.#relays.addresses[index]!.local;
    to.set(w0, w1, w2, w3, peer.port);
    return found;
  }

  /** The TCP relay that listens at the address of a peer that another one connects to, or FAR, or NOBODY. */
  streamTo(from: RelayId, peer: TransportAddress): RelayId | typeof FAR | typeof NOBODY {
    const index = this.own.indexOf(peer.w0, peer.w1, peer.w2, peer.w3);
    return index === NOT_OURS ? FAR : this.#find(from, index, peer);
  }

  /**
   * Gives the sender of what came to a relay its one spelling. False when nothing may come from there: of our own addresses, only
   * relays and what is open.
   */
  admit(relay: RelayId, from: AddressBuffer): boolean {
    const index = this.own.indexOf(from.w0, from.w1, from.w2, from.w3);
    if (index === NOT_OURS) return true;
    const { w0, w1, w2, w3 } = this.#relays.addresses[index]!.advertised;
    from.set(w0, w1, w2, w3, from.port);
    return this.#find(relay, index, from) !== NOBODY;
  }

  /** Where a relay's peers see it. False when it is not open. */
  readAdvertised(relay: RelayId, into: AddressBuffer): boolean {
    if (!this.#isOpen(relay)) return false;
    const { w0, w1, w2, w3 } = this.#relays.addresses[this.#indexOf(relay)]!.advertised;
    into.set(w0, w1, w2, w3, this.#portOf(relay));
    return true;
  }

  /** What the peer at one of our own addresses is to a relay: a relay of its kind, or one of another worker's, or what is open. */
  #find(from: RelayId, index: number, peer: TransportAddress): RelayId | typeof FAR | typeof NOBODY {
    const relay = this.#byAddress.get(index, 0, 0, 0, 0, peer.port);
    if (relay === NONE) return this.#isOpenAt(index, peer) ? FAR : NOBODY;
    return this.#carries(relay) === this.#carries(from) ? (relay as RelayId) : NOBODY;
  }

  #isOpenAt(index: number, peer: TransportAddress): boolean {
    const { isShared, ports, addresses } = this.#relays;
    if (addresses[index]!.isOpen || (isShared && peer.port >= ports.first && peer.port <= ports.last)) return true;
    return this.#relays.isOpen(peer);
  }

  #carries(relay: number): number {
    return this.#isOpen(relay) ? this.#places[relay * STRIDE + 2]! : DATAGRAMS;
  }

  #isOpen(relay: number): boolean {
    return relay * STRIDE < this.#places.length && this.#places[relay * STRIDE] !== 0;
  }

  #indexOf(relay: RelayId): number {
    return this.#places[relay * STRIDE]! - 1;
  }

  #portOf(relay: RelayId): number {
    return this.#places[relay * STRIDE + 1]!;
  }

  #grow(): void {
    const places = new Int32Array(this.#places.length * 2);
    places.set(this.#places);
    this.#places = places;
  }
}
