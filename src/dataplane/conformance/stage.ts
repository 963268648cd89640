import { randomInt } from 'node:crypto';
import {
  type Channel,
  type ClientId,
  copyOf,
  type Family,
  type IpAddress,
  type LinkId,
  type RelayAddress,
  type RelayId,
  type TransportAddress,
  withPort,
} from '../../wire/index.ts';
import { type Client, type DropReason, HEADROOM, type RelayAsk, type RelayFailure, type Upcalls } from '../engine.ts';
import type { OwnRelays } from '../near-relays.ts';
import type { SocketEngine } from '../socket-engine.ts';

export interface Datagram {
  readonly from: TransportAddress;
  readonly bytes: Uint8Array;
}

/** A host's socket: a client's or a peer's. */
export interface Host {
  readonly address: TransportAddress;
  readonly received: Datagram[];
  send(to: TransportAddress, bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** Where an engine is tried: what differs between the simulated network and the machine's loopback. */
export interface Rig {
  engine(upcalls: Upcalls, relayPorts: { first: number; last: number }, own?: OwnRelays): SocketEngine;
  /** An address of ours and everybody's. */
  ip(family: Family): IpAddress;
  /** A socket on that address; port 0 is any. */
  host(address: TransportAddress): Promise<Host | 'in-use'>;
  /** Lets packets travel until the condition holds; throws if it never does. */
  until(isDone: () => boolean): Promise<void>;
  /** Ends everything and fails if a socket is left open. */
  close(): Promise<void>;
}

export type NewRig = () => Promise<Rig> | Rig;

export const A_CHANNEL = 0x4001 as Channel;
export const text = (words: string): Uint8Array => new TextEncoder().encode(words);
/** Bytes that are no ChannelData. */
export const request = (words: string): Uint8Array => text(`\0${words}`);

export function channelData(channel: number, payload: Uint8Array, padding = 0): Uint8Array {
  const message = new Uint8Array(4 + payload.length + padding);
  message.set([channel >>> 8, channel & 255, payload.length >>> 8, payload.length & 255]);
  message.set(payload, 4);
  return message;
}

interface Arrival {
  readonly client: Client;
  readonly bytes: Uint8Array;
}
interface FromPeer {
  readonly relay: RelayId;
  readonly peer: TransportAddress;
  readonly bytes: Uint8Array;
}
interface Opened {
  readonly address: RelayAddress;
  readonly reserved: number | undefined;
}

/** An engine with one listener, and a record of all it said. `onClient` and `onPeer` act within the upcall, as a server does. */
export class Stage implements Upcalls {
  readonly rig: Rig;
  readonly engine: SocketEngine;
  readonly family: Family;
  listener!: TransportAddress;
  readonly arrivals: Arrival[] = [];
  readonly peerData: FromPeer[] = [];
  readonly opened = new Map<RelayId, Opened>();
  readonly failed = new Map<RelayId, RelayFailure>();
  onClient: (client: Client, bytes: Uint8Array, start: number, end: number) => void = () => {};
  onPeer: (relay: RelayId, bytes: Uint8Array, start: number, end: number) => void = () => {};
  onFailed: (relay: RelayId) => void = () => {};
  /** Peers that have connected, and what each is to be called. */
  readonly callers: { readonly relay: RelayId; readonly peer: TransportAddress }[] = [];
  onCaller: () => LinkId | undefined = () => undefined;
  readonly connected: LinkId[] = [];
  readonly closed: LinkId[] = [];
  #nextRelay = 0;

  private constructor(rig: Rig, family: Family, relayPorts: { first: number; last: number }, own?: OwnRelays) {
    this.rig = rig;
    this.family = family;
    this.engine = rig.engine(this, relayPorts, own);
  }

  static async start(rig: Rig, family: Family = 4, relayPorts = somePorts(200), own?: OwnRelays): Promise<Stage> {
    const stage = new Stage(rig, family, relayPorts, own);
    stage.listener = await stage.engine.listen(withPort(rig.ip(family), 0));
    return stage;
  }

  fromClient(client: Client, bytes: Uint8Array, start: number, end: number): void {
    const { id, transport, local } = client;
    const copy = { id, transport, address: copyOf(client.address), local: copyOf(local) };
    this.arrivals.push({ client: copy, bytes: bytes.slice(start, end) });
    this.onClient(client, bytes, start, end);
  }

  fromPeer(relay: RelayId, peer: TransportAddress, bytes: Uint8Array, start: number, end: number): void {
    this.peerData.push({ relay, peer: copyOf(peer), bytes: bytes.slice(start, end) });
    bytes.fill(0xee, start - HEADROOM, start); // the room in front is ours until we return
    this.onPeer(relay, bytes, start, end);
  }

  relayOpened(relay: RelayId, { w0, w1, w2, w3, port }: RelayAddress, reserved: number | undefined): void {
    this.opened.set(relay, { address: { w0, w1, w2, w3, port } as RelayAddress, reserved });
  }

  relayFailed(relay: RelayId, why: RelayFailure): void {
    this.failed.set(relay, why);
    this.onFailed(relay);
  }

  peerArrived(relay: RelayId, peer: TransportAddress): LinkId | undefined {
    this.callers.push({ relay, peer: copyOf(peer) });
    return this.onCaller();
  }

  linkConnected(link: LinkId): void {
    this.connected.push(link);
  }

  linkClosed(link: LinkId): void {
    this.closed.push(link);
  }

  get ip(): IpAddress {
    return this.rig.ip(this.family);
  }

  get inUse(): ReturnType<SocketEngine['inUse']> {
    return this.engine.inUse(this.ip);
  }

  drops(reason: DropReason): number {
    return this.engine.counters().drops[reason];
  }

  async host(port = 0, family = this.family): Promise<Host> {
    const host = await this.rig.host(withPort(this.rig.ip(family), port));
    if (host === 'in-use') throw new Error(`port ${port} is in use`);
    return host;
  }

  /** A client says something, and the answer is an opening: within the upcall, as for an Allocate. */
  async ask(host: Host, ask: Partial<RelayAsk> = {}): Promise<{ relay: RelayId; client: ClientId }> {
    const relay = this.#nextRelay++ as RelayId;
    const before = this.arrivals.length;
    this.onClient = client => this.openRelay(relay, client.id, ask);
    host.send(this.listener, request('allocate'));
    await this.rig.until(() => this.arrivals.length > before);
    this.onClient = () => {};
    return { relay, client: this.arrivals[before]!.client.id };
  }

  openRelay(relay: RelayId, client: ClientId, ask: Partial<RelayAsk> = {}): void {
    this.engine.openRelay({ relay, client, ip: this.ip, port: 'any', dontFragment: false, ...ask });
  }

  async answered(relay: RelayId): Promise<Opened | RelayFailure> {
    await this.rig.until(() => this.opened.has(relay) || this.failed.has(relay));
    return this.opened.get(relay) ?? this.failed.get(relay)!;
  }

  /** An open relay of a new client. */
  async relay(ask: Partial<RelayAsk> = {}): Promise<{ host: Host; relay: RelayId; client: ClientId } & Opened> {
    const host = await this.host();
    const { relay, client } = await this.ask(host, ask);
    const answer = await this.answered(relay);
    if (typeof answer === 'string') throw new Error(`the relay failed: ${answer}`);
    return { host, relay, client, ...answer };
  }
}

/** A range below the ephemeral ports, where little else listens. */
export function somePorts(count: number): { first: number; last: number } {
  const first = 20_000 + 2 * randomInt(5_500);
  return { first, last: first + count - 1 };
}
