import type { NetworkSocket, SimulatedNetwork } from '../../src/dataplane/index.ts';
import { ATTRIBUTES, copyOf, METHODS, type TransportAddress } from '../../src/wire/index.ts';
import type { World } from './simulated-edge.ts';
import { endpoint } from './turn-client.ts';
import type { Reply } from './turn-reply.ts';
import {
  type AllocateWish,
  type Arrived,
  allocateWith,
  binding,
  type ClientCredential,
  channelData,
  permitting,
  TurnTalker,
  type Write,
} from './turn-talker.ts';

/** RFC 8489 §6.2.1 */
const RTO = 500;
const TIMES = 7;

/** A socket anywhere on the simulated network that keeps what it gets. */
export class SimulatedHost {
  readonly got: { readonly from: TransportAddress; readonly bytes: Uint8Array }[] = [];
  readonly socket: NetworkSocket;

  constructor(network: SimulatedNetwork, address: TransportAddress) {
    const socket = network.open(address, (from, bytes) => this.got.push({ from: copyOf(from), bytes }));
    if (socket === 'in-use') throw new Error('the address is in use');
    this.socket = socket;
  }
}

/** A TURN client on the simulated network. A request takes virtual time, in which everything else goes on, and is repeated as it must be. */
export class SimulatedClient {
  readonly #world: World;
  readonly #socket: NetworkSocket;
  readonly #server: TransportAddress;
  readonly talker: TurnTalker;
  readonly arrived: (Arrived & { readonly at: number })[] = [];
  /** Told of each payload as it comes. */
  onArrived: (arrived: Arrived) => void = () => {};
  /** How often requests were answered with 438. */
  stale = 0;
  repeated = 0;
  #waiting: { readonly id: Uint8Array; reply?: Reply } | undefined;

  constructor(world: World, address: TransportAddress, server: TransportAddress, credential: ClientCredential) {
    const socket = world.network.open(address, (_, bytes) => this.#onMessage(bytes));
    if (socket === 'in-use') throw new Error('the address is in use');
    this.#world = world;
    this.#socket = socket;
    this.#server = server;
    this.talker = new TurnTalker(credential, () => Uint8Array.from({ length: 12 }, () => world.random(256)));
  }

  /** The answer, after a challenge if there is one; undefined when none came. */
  request(method: number, write: Write = () => {}): Reply | undefined {
    const first = this.exchange(this.talker.request(method, write));
    if (first === undefined || !this.talker.isChallenged(first)) return first;
    if (first.code === 438) this.stale++;
    return this.exchange(this.talker.request(method, write));
  }

  exchange(message: Uint8Array): Reply | undefined {
    const { clock } = this.#world;
    const waiting: { id: Uint8Array; reply?: Reply } = { id: message.slice(8, 20) };
    this.#waiting = waiting;
    for (let sent = 0, rto = RTO; sent < TIMES && waiting.reply === undefined; sent++, rto *= 2) {
      if (sent > 0) this.repeated++;
      this.#socket.send(this.#server, message);
      for (const until = clock.now + rto; clock.now < until && waiting.reply === undefined; ) clock.advance(1);
    }
    return waiting.reply;
  }

  allocate(wish: AllocateWish = {}): Reply | undefined {
    return this.request(METHODS.Allocate, allocateWith(wish));
  }

  /** The relayed addresses of a new allocation; throws when there is none. */
  relayed(wish: AllocateWish = {}): TransportAddress[] {
    const reply = this.allocate(wish);
    if (!reply?.isSuccess) throw new Error(`Allocate: ${reply?.summary}`);
    return reply.addresses(ATTRIBUTES.XorRelayedAddress).map(endpoint);
  }

  refresh(seconds: number): Reply | undefined {
    return this.request(METHODS.Refresh, w => w.uint32(ATTRIBUTES.Lifetime, seconds));
  }

  permit(...peers: readonly TransportAddress[]): Reply | undefined {
    return this.request(METHODS.CreatePermission, permitting(peers));
  }

  bind(channel: number, peer: TransportAddress): Reply | undefined {
    return this.request(METHODS.ChannelBind, binding(channel, peer));
  }

  indicate(peer: TransportAddress, payload: Uint8Array): void {
    this.send(this.talker.indication(peer, payload));
  }

  sendOn(channel: number, payload: Uint8Array): void {
    this.send(channelData(channel, payload, false));
  }

  send(message: Uint8Array): void {
    this.#socket.send(this.#server, message);
  }

  close(): void {
    this.#socket.close();
  }

  #onMessage(bytes: Uint8Array): void {
    const heard = this.talker.hear(bytes);
    if (heard === 'junk') return;
    if ('payload' in heard) {
      this.arrived.push({ ...heard, at: this.#world.clock.now });
      this.onArrived(heard);
      return;
    }
    const isOurs = this.#waiting !== undefined && Buffer.compare(this.#waiting.id, heard.view.transactionId) === 0;
    if (isOurs) this.#waiting!.reply ??= heard;
  }
}
