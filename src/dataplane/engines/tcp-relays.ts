import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { loadNative, type Native, SystemError } from '../../native/index.ts';
import {
  AddressBuffer,
  copyOf,
  type IpAddress,
  type LinkId,
  type PeerAddress,
  parseIp,
  type RelayId,
  type TransportAddress,
  withPort,
} from '../../wire/index.ts';
import type { RelayAsk, Upcalls } from '../engine.ts';
import type { Forwarder } from '../forwarder.ts';
import { FAR, NOBODY } from '../near-relays.ts';
import type { Sent } from '../packet-sockets.ts';
import type { BindOutcome } from '../relay-opener.ts';
import { splice } from '../splice.ts';
import type { TcpSockets } from '../tcp-sockets.ts';
import { NearSocket, type PeerStream } from './near-socket.ts';
import { PacketLinks } from './packet-links.ts';
import { boundAlone, connecting } from './shared-port.ts';

/** Connections that may wait to be looked at: each is, within a turn of the event loop. */
const BACKLOG = 64;
/** A peer that has gone without a word is found out in the end. */
const KEEP_ALIVE_MILLIS = 60_000;

interface TcpRelay {
  readonly id: RelayId;
  readonly ip: IpAddress;
  readonly port: number;
  readonly server: Server;
  readonly sockets: Set<PeerStream>;
  readonly links: Set<LinkId>;
  /** Undefined where clients bind connections of their own. */
  readonly packets: PacketLinks | undefined;
}

interface Link {
  readonly relay: TcpRelay;
  readonly socket: PeerStream;
}

/**
 * TCP relays: one listening socket each, and connections to peers that leave from the very port it listens on; two relays of one engine are
 * connected without sockets. Nothing is read from a peer before its connection is bound: until then the kernel's buffer holds what it says,
 * and then it says no more.
 */
export class TcpRelays implements TcpSockets {
  readonly #native: Native;
  readonly #relays = new Map<RelayId, TcpRelay>();
  readonly #links = new Map<LinkId, Link>();
  readonly #closing = new Set<Promise<void>>();
  #forwarder!: Forwarder;
  #upcalls!: Upcalls;

  /** Undefined where one port can't both listen and connect: that takes Linux's SO_REUSEPORT, which node:net does not offer (ADR 0013). */
  static where(): TcpRelays | undefined {
    const native = loadNative();
    return typeof native === 'string' ? undefined : new TcpRelays(native);
  }

  private constructor(native: Native) {
    this.#native = native;
  }

  receiveWith(forwarder: Forwarder, upcalls: Upcalls): void {
    this.#forwarder = forwarder;
    this.#upcalls = upcalls;
  }

  bindRelay(ask: RelayAsk, port: number, answer: (outcome: BindOutcome) => void): void {
    const { relay: id, ip } = ask;
    try {
      const fd = boundAlone(this.#native, withPort(ip, port));
      const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
      const most = ask.mostConnections ?? Number.POSITIVE_INFINITY;
      const packets = ask.transport === 'tcp-packets' ? this.#packetsOf(id, most) : undefined;
      const relay: TcpRelay = { id, ip, port, server, sockets: new Set(), links: new Set(), packets };
      this.#relays.set(id, relay);
      server.on('connection', socket => this.#onArrival(relay, socket));
      server.once('listening', () => answer('bound'));
      server.on('error', () => {
        if (!server.listening) answer('denied');
      });
      server.listen({ fd, backlog: BACKLOG });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      answer(error.code === 'EADDRINUSE' ? 'in-use' : 'denied');
    }
  }

  closeRelay(id: RelayId): void {
    const relay = this.#relays.get(id);
    if (relay === undefined) return;
    this.#relays.delete(id);
    relay.packets?.close();
    for (const link of relay.links) this.#links.delete(link);
    this.#await(relay.server);
    relay.server.close();
    for (const socket of relay.sockets) socket.destroy();
  }

  permitted(id: RelayId, peer: IpAddress): void {
    this.#relays.get(id)?.packets?.permitted(peer);
  }

  connect(link: LinkId, id: RelayId, peer: TransportAddress): void {
    const relay = this.#relays.get(id);
    const socket = relay && this.#socketTo(relay, peer);
    if (relay === undefined || socket === undefined) {
      queueMicrotask(() => this.#upcalls.linkClosed?.(link));
      return;
    }
    this.#keep(link, relay, socket);
    socket.once('connect', () => {
      if (this.#links.has(link)) this.#upcalls.linkConnected?.(link);
    });
  }

  bind(link: LinkId, stream: Duplex): void {
    const found = this.#links.get(link);
    if (found === undefined) {
      stream.destroy();
      return;
    }
    const { relay, socket } = found;
    const count = this.#forwarder.streamed.bind(this.#forwarder, relay.id);
    // What the client's end makes of this is nobody's business: the peer's closes with it.
    splice(socket, stream, {
      fromFirst: bytes => count('to-client', bytes),
      fromSecond: bytes => count('to-peer', bytes),
      onEnd: () => {},
    });
  }

  closeLink(link: LinkId): void {
    const found = this.#links.get(link);
    this.#forget(link);
    found?.socket.destroy();
  }

  sendToPeer(id: RelayId, to: TransportAddress, bytes: Uint8Array, start: number, end: number): Sent {
    const packets = this.#relays.get(id)?.packets;
    return packets === undefined ? 'no-relay' : packets.send(to, bytes, start, end);
  }

  async close(): Promise<void> {
    for (const id of this.#relays.keys()) this.closeRelay(id);
    await Promise.all(this.#closing);
  }

  #packetsOf(id: RelayId, most: number): PacketLinks {
    return new PacketLinks(id, most, this.#forwarder, peer => {
      const relay = this.#relays.get(id);
      return relay && this.#socketTo(relay, peer);
    });
  }

  #onArrival(relay: TcpRelay, socket: Socket): void {
    socket.on('error', () => {}); // 'close' follows
    const from = remoteOf(socket);
    if (from === undefined || !this.#relays.has(relay.id)) socket.destroy();
    else if (!this.#forwarder.near.admit(relay.id, from)) this.#turnAway(socket);
    else
      this.#arrived(relay, copyOf(from as PeerAddress & AddressBuffer), socket.setKeepAlive(true, KEEP_ALIVE_MILLIS));
  }

  #arrived(relay: TcpRelay, peer: PeerAddress, socket: PeerStream): void {
    this.#track(relay, socket);
    if (relay.packets !== undefined) {
      relay.packets.arrived(peer, socket);
      return;
    }
    const link = this.#upcalls.peerArrived?.(relay.id, peer);
    // A reset: it leaves nothing behind on our port, however many strangers knock.
    if (link === undefined) socket.resetAndDestroy();
    else this.#keep(link, relay, socket);
  }

  #turnAway(socket: Socket): void {
    this.#forwarder.drop('no-permission-in');
    socket.resetAndDestroy();
  }

  #keep(link: LinkId, relay: TcpRelay, socket: PeerStream): void {
    this.#links.set(link, { relay, socket });
    relay.links.add(link);
    socket.once('close', () => {
      if (this.#forget(link)) this.#upcalls.linkClosed?.(link);
    });
  }

  #forget(link: LinkId): boolean {
    this.#links.get(link)?.relay.links.delete(link);
    return this.#links.delete(link);
  }

  /** A connection on its way to a peer, which 'connect' ends; undefined where it can't be tried. */
  #socketTo(relay: TcpRelay, peer: TransportAddress): PeerStream | undefined {
    const { near } = this.#forwarder;
    const there = near.streamTo(relay.id, peer);
    if (there === NOBODY) return undefined;
    const isFar = there === FAR;
    const socket = isFar ? this.#socketFar(relay, near.own.local(peer)) : this.#socketAcross(relay, there);
    if (socket !== undefined) this.#track(relay, socket);
    return socket;
  }

  #socketFar({ ip, port }: TcpRelay, to: TransportAddress): Socket | undefined {
    return connecting(this.#native, withPort(ip, port), to)?.setKeepAlive(true, KEEP_ALIVE_MILLIS);
  }

  /** To another relay of this engine: it finds a caller at its door as if the network had brought it. */
  #socketAcross({ ip, port }: TcpRelay, to: RelayId): NearSocket {
    const [here, there] = NearSocket.pair();
    setImmediate(() => {
      const other = this.#relays.get(to);
      // Given up since, perhaps because the other relay was quicker in coming here.
      if (other === undefined || here.destroyed) here.resetAndDestroy();
      else this.#arrived(other, this.#forwarder.near.own.advertised(withPort(ip, port)) as PeerAddress, there);
      if (!here.destroyed) here.emit('connect');
    });
    return here;
  }

  #track(relay: TcpRelay, socket: PeerStream): void {
    relay.sockets.add(socket);
    this.#await(socket);
    socket.once('close', () => relay.sockets.delete(socket));
  }

  #await(closing: Server | PeerStream): void {
    const closed = new Promise<void>(resolve => closing.once('close', () => resolve())).then(() => {
      this.#closing.delete(closed);
    });
    this.#closing.add(closed);
  }
}

/** Undefined for one that was reset before it was accepted. */
function remoteOf({ remoteAddress, remotePort }: Socket): AddressBuffer | undefined {
  const ip = parseIp((remoteAddress ?? '').replace(/%.*$/, ''));
  if (ip === undefined || remotePort === undefined) return undefined;
  return new AddressBuffer().set(ip.w0, ip.w1, ip.w2, ip.w3, remotePort);
}
