import {
  AddressBuffer,
  BARE,
  type Channel,
  type ClientId,
  type Family,
  familyOf,
  type IpAddress,
  type RelayId,
  type TransportAddress,
} from '../wire/index.ts';
import { FlowEntries, NO_ENTRY } from './flow-entries.ts';
import { NONE, TupleTable } from './tuple-table.ts';

/** The port of a permission's entry: no datagram can come from it, so permissions and channels share one table. */
const ANY_PORT = 0x10000;

// One relay: client + 1 (0: no such relay) | family | its first entry
const STRIDE = 3;

/** A channel's entry in the table; NO_FLOW when there is none. */
export type FlowIndex = number;
export const NO_FLOW: FlowIndex = NO_ENTRY;

/**
 * The permissions and channels of every relay, found from either side at a cost that does not grow with their number:
 * (client, channel) to flow for what a client sends, (relay, peer) to flow for what a peer sends. Look-ups allocate nothing.
 */
export class FlowTable {
  readonly #byPeer: TupleTable;
  readonly #byChannel: TupleTable;
  readonly #entries = new FlowEntries();
  readonly #dropped = new AddressBuffer();
  #relays = new Int32Array(16 * STRIDE);
  /** By client, so that asking costs less than a look-up: every datagram of every client asks. */
  readonly #bare: FlowIndex[] = [];

  constructor(random: (below: number) => number) {
    this.#byPeer = new TupleTable(random);
    this.#byChannel = new TupleTable(random);
  }

  /** Permissions and channels together. */
  get size(): number {
    return this.#byPeer.size;
  }

  addRelay(relay: RelayId, client: ClientId, family: Family): void {
    while ((relay + 1) * STRIDE > this.#relays.length) this.#growRelays();
    this.#relays.set([client + 1, family, NO_ENTRY], relay * STRIDE);
  }

  /** Removes a relay with all of its permissions and channels. */
  removeRelay(relay: RelayId): void {
    if (!this.hasRelay(relay)) return;
    for (let entry = this.#first(relay); entry !== NO_ENTRY; entry = this.#first(relay)) this.#drop(relay, entry);
    this.#relays[relay * STRIDE] = 0;
  }

  hasRelay(relay: RelayId): boolean {
    return relay * STRIDE < this.#relays.length && this.#relays[relay * STRIDE] !== 0;
  }

  clientOf(relay: RelayId): ClientId {
    return (this.#relays[relay * STRIDE]! - 1) as ClientId;
  }

  isFamilyOf(relay: RelayId, peer: IpAddress): boolean {
    return this.#relays[relay * STRIDE + 1] === familyOf(peer);
  }

  permit(relay: RelayId, peer: IpAddress): void {
    const { w0, w1, w2, w3 } = peer;
    if (!this.hasRelay(relay) || this.permits(relay, w0, w1, w2, w3)) return;
    this.#add(relay, w0, w1, w2, w3, ANY_PORT);
    this.#markChannels(relay, peer, true);
  }

  forbid(relay: RelayId, peer: IpAddress): void {
    const { w0, w1, w2, w3 } = peer;
    const entry = this.#byPeer.get(relay, w0, w1, w2, w3, ANY_PORT);
    if (entry === NONE) return;
    this.#drop(relay, entry);
    this.#markChannels(relay, peer, false);
  }

  permits(relay: RelayId, w0: number, w1: number, w2: number, w3: number): boolean {
    return this.#byPeer.get(relay, w0, w1, w2, w3, ANY_PORT) !== NONE;
  }

  /** Binds a channel to a peer; whatever either was bound to before is unbound. */
  installChannel(relay: RelayId, channel: Channel, peer: TransportAddress): void {
    if (!this.hasRelay(relay)) return;
    const { w0, w1, w2, w3, port } = peer;
    const client = this.clientOf(relay);
    this.#dropIfAny(this.flowOfChannel(client, channel));
    this.#dropIfAny(this.flowOfPeer(relay, w0, w1, w2, w3, port));
    const entry = this.#add(relay, w0, w1, w2, w3, port);
    this.#entries.setChannel(entry, channel);
    this.#entries.setPermitted(entry, this.permits(relay, w0, w1, w2, w3));
    this.#byChannel.set(client, channel, 0, 0, 0, 0, entry);
    if (channel === BARE) this.#setBare(client, entry);
  }

  removeChannel(relay: RelayId, channel: Channel): void {
    if (!this.hasRelay(relay)) return;
    const entry = this.flowOfChannel(this.clientOf(relay), channel);
    if (entry !== NO_FLOW && this.relayOf(entry) === relay) this.#drop(relay, entry);
  }

  flowOfChannel(client: ClientId, channel: Channel): FlowIndex {
    return this.#byChannel.get(client, channel, 0, 0, 0, 0);
  }

  /** The flow of a client's bare bytes; NO_FLOW for clients without an active destination. */
  bareFlowOf(client: ClientId): FlowIndex {
    return client < this.#bare.length ? this.#bare[client]! : NO_FLOW;
  }

  flowOfPeer(relay: RelayId, w0: number, w1: number, w2: number, w3: number, port: number): FlowIndex {
    return this.#byPeer.get(relay, w0, w1, w2, w3, port);
  }

  relayOf(flow: FlowIndex): RelayId {
    return this.#entries.relay(flow) as RelayId;
  }

  channelOf(flow: FlowIndex): Channel {
    return this.#entries.channel(flow) as Channel;
  }

  isPermitted(flow: FlowIndex): boolean {
    return this.#entries.isPermitted(flow);
  }

  readPeer(flow: FlowIndex, into: AddressBuffer): void {
    this.#entries.readPeer(flow, into);
  }

  #first(relay: number): number {
    return this.#relays[relay * STRIDE + 2]!;
  }

  #add(relay: RelayId, w0: number, w1: number, w2: number, w3: number, port: number): number {
    const entry = this.#entries.add(relay, w0, w1, w2, w3, port, this.#first(relay));
    this.#relays[relay * STRIDE + 2] = entry;
    this.#byPeer.set(relay, w0, w1, w2, w3, port, entry);
    return entry;
  }

  #dropIfAny(flow: FlowIndex): void {
    if (flow !== NO_FLOW) this.#drop(this.relayOf(flow), flow);
  }

  #drop(relay: RelayId, entry: number): void {
    const peer = this.#dropped;
    this.#entries.readPeer(entry, peer);
    this.#byPeer.delete(relay, peer.w0, peer.w1, peer.w2, peer.w3, peer.port);
    if (peer.port !== ANY_PORT) this.#unbind(this.clientOf(relay), this.#entries.channel(entry) as Channel);
    const next = this.#entries.remove(entry);
    if (this.#first(relay) === entry) this.#relays[relay * STRIDE + 2] = next;
  }

  #unbind(client: ClientId, channel: Channel): void {
    this.#byChannel.delete(client, channel, 0, 0, 0, 0);
    if (channel === BARE) this.#setBare(client, NO_FLOW);
  }

  #setBare(client: ClientId, flow: FlowIndex): void {
    while (this.#bare.length <= client) this.#bare.push(NO_FLOW); // dense: V8 keeps it an array
    this.#bare[client] = flow;
  }

  /** A channel's entry carries its permission along, so that a datagram needs one look-up. */
  #markChannels(relay: RelayId, peer: IpAddress, permitted: boolean): void {
    for (let entry = this.#first(relay); entry !== NO_ENTRY; entry = this.#entries.next(entry)) {
      const isPeers = this.#entries.hasIp(entry, peer.w0, peer.w1, peer.w2, peer.w3);
      if (isPeers && this.#entries.port(entry) !== ANY_PORT) this.#entries.setPermitted(entry, permitted);
    }
  }

  #growRelays(): void {
    const relays = new Int32Array(this.#relays.length * 2);
    relays.set(this.#relays);
    this.#relays = relays;
  }
}
