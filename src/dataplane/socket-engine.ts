import type { Duplex } from 'node:stream';
import type { Channel, ClientAddress, ClientId, IpAddress, LinkId, RelayId, TransportAddress } from '../wire/index.ts';
import type { Client, Counters, Engine, EngineSettings, RelayAsk, RelayTraffic, StreamSink } from './engine.ts';
import { Forwarder } from './forwarder.ts';
import type { PacketSockets } from './packet-sockets.ts';
import { RelayOpener, type RelaySockets } from './relay-opener.ts';
import type { PortUse } from './relay-ports.ts';
import type { TcpSockets } from './tcp-sockets.ts';

export interface SocketBuffers {
  readonly receive: number;
  readonly send: number;
}

/** All that differs between engines: where sockets come from. What they receive goes to the forwarder given by `receiveWith`. */
export interface EngineSockets extends PacketSockets, RelaySockets {
  readonly name: Engine['name'];
  readonly canDontFragment: boolean;
  /** Undefined where there are no TCP relays. */
  readonly tcp?: TcpSockets | undefined;
  /** What the system granted each listener, in bytes; undefined before there is one. */
  readonly socketBuffers?: SocketBuffers | undefined;
  receiveWith(forwarder: Forwarder): void;
  /** Opens the UDP listener with this index, or takes the descriptor for it; rejects with the socket's own error. */
  bindListener(listener: number, address: TransportAddress, descriptor?: number): Promise<TransportAddress>;
  close(): Promise<void>;
}

/** An engine over sockets: the forwarder carries the packets, the opener makes the relays. */
export class SocketEngine implements Engine {
  readonly name: Engine['name'];
  readonly canDontFragment: boolean;
  readonly canRelayTcp: boolean;
  readonly #sockets: EngineSockets;
  readonly #forwarder: Forwarder;
  readonly #relays: RelayOpener;

  constructor(sockets: EngineSockets, settings: EngineSettings) {
    this.name = sockets.name;
    this.canDontFragment = sockets.canDontFragment;
    this.canRelayTcp = sockets.tcp !== undefined;
    this.#sockets = sockets;
    this.#forwarder = new Forwarder(sockets, settings.upcalls, settings.random, settings.own);
    this.#relays = new RelayOpener(this.#forwarder, sockets, sockets.tcp, settings);
    sockets.receiveWith(this.#forwarder);
    sockets.tcp?.receiveWith(this.#forwarder, settings.upcalls);
  }

  async listen(address: TransportAddress, descriptor?: number): Promise<TransportAddress> {
    const local = { w0: address.w0, w1: address.w1, w2: address.w2, w3: address.w3, port: address.port };
    const bound = await this.#sockets.bindListener(this.#forwarder.clients.addListener(local), address, descriptor);
    local.port = bound.port;
    return bound;
  }

  /** What the system granted each listener, in bytes, from engines that know. */
  get socketBuffers(): SocketBuffers | undefined {
    return this.#sockets.socketBuffers;
  }

  openRelay(ask: RelayAsk): void {
    this.#relays.open(ask);
  }

  closeRelay(relay: RelayId): RelayTraffic {
    this.#relays.close(relay);
    return this.trafficOf(relay);
  }

  releaseReservation(ip: IpAddress, port: number): void {
    this.#relays.releaseReservation(ip, port);
  }

  permit(relay: RelayId, peer: IpAddress): void {
    this.#forwarder.flows.permit(relay, peer);
    this.#sockets.tcp?.permitted(relay, peer);
  }

  connectLink(link: LinkId, relay: RelayId, peer: TransportAddress): void {
    this.#sockets.tcp?.connect(link, relay, peer);
  }

  bindLink(link: LinkId, stream: Duplex): void {
    this.#sockets.tcp?.bind(link, stream);
  }

  closeLink(link: LinkId): void {
    this.#sockets.tcp?.closeLink(link);
  }

  forbid(relay: RelayId, peer: IpAddress): void {
    this.#forwarder.flows.forbid(relay, peer);
  }

  installChannel(relay: RelayId, channel: Channel, peer: TransportAddress): void {
    this.#forwarder.flows.installChannel(relay, channel, peer);
  }

  removeChannel(relay: RelayId, channel: Channel): void {
    this.#forwarder.flows.removeChannel(relay, channel);
  }

  toClient(client: ClientId, bytes: Uint8Array, start: number, end: number): void {
    this.#forwarder.toClient(client, bytes, start, end);
  }

  toClientVia(client: ClientId, from: TransportAddress, port: number, bytes: Uint8Array): void {
    this.#forwarder.toClientVia(client, from, port, bytes);
  }

  toPeer(
    relay: RelayId,
    peer: TransportAddress,
    bytes: Uint8Array,
    start: number,
    end: number,
    dontFragment = false,
  ): void {
    this.#forwarder.toPeer(relay, peer, bytes, start, end, dontFragment);
  }

  openStream(transport: 'tcp' | 'tls', address: ClientAddress, local: TransportAddress, sink: StreamSink): Client {
    return this.#forwarder.clients.openStream(transport, address, local, sink);
  }

  fromStream(client: ClientId, bytes: Uint8Array, start: number, end: number, bare = false): void {
    this.#forwarder.frameFromStream(client, bytes, start, end, bare);
  }

  closeStream(client: ClientId): void {
    this.#forwarder.clients.closeStream(client);
  }

  trafficOf(relay: RelayId): RelayTraffic {
    return this.#forwarder.traffic.of(relay);
  }

  counters(): Counters {
    return this.#forwarder.counters();
  }

  /** How much is in use: what a leak would show in. */
  inUse(ip: IpAddress): { clients: number; flows: number; relays: number; ports: PortUse } {
    return {
      clients: this.#forwarder.clients.size,
      flows: this.#forwarder.flows.size,
      relays: this.#relays.relays.length,
      ports: this.#relays.portUse(ip),
    };
  }

  async close(): Promise<void> {
    for (const relay of this.#relays.relays) this.#relays.close(relay);
    await Promise.all([this.#sockets.close(), this.#sockets.tcp?.close()]);
  }
}
