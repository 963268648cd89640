import {
  FrameReader,
  type IpAddress,
  LONGEST_PACKET_FRAME,
  PACKET_FRAMES,
  type PeerAddress,
  type RelayId,
  type TransportAddress,
} from '../../wire/index.ts';
import { HEADROOM, TAILROOM } from '../engine.ts';
import type { Forwarder } from '../forwarder.ts';
import type { Sent } from '../packet-sockets.ts';
import type { PeerStream } from './near-socket.ts';

/** Bytes that may wait for a peer: while it is connected to, and when it reads slowly. */
const CONNECTING_QUEUE = 64 * 1024;
const QUEUE = 256 * 1024;
/** The client is not read while this much of what it says waits for a peer that is connected. */
const HOLD_ABOVE = 128 * 1024;
const CONNECT_MILLIS = 30_000;
/**
 * Where both ends connect at once, one finds its ports in use: the other's connection has been accepted, and is about to be told of. What
 * waits goes over that one.
 */
const MEETING_MILLIS = 200;
/** ICE's first Send often comes just after the peer's SYN: so many strangers may wait for it, unread, so long. */
const MOST_STRANGERS = 4;
const STRANGER_MILLIS = 5_000;

interface PacketLink {
  readonly peer: PeerAddress;
  /** Another one when the peer comes to us. */
  socket: PeerStream;
  /** What is to be sent as soon as there is a connection; undefined from then on. */
  waiting: Uint8Array[] | undefined;
  waitingBytes: number;
  /** Until it is connected: when it is given up. */
  timer: NodeJS.Timeout | undefined;
}

type Connect = (peer: TransportAddress) => PeerStream | undefined;

/** One frame at a time is copied here, with the room in front that headers are written into. */
const frame = new Uint8Array(HEADROOM + LONGEST_PACKET_FRAME + TAILROOM);

/** The connections of one relay of packets (MS-TURN over streams): one per peer, whoever opened it, cut at the borders of RFC 4571. */
export class PacketLinks {
  readonly #relay: RelayId;
  readonly #most: number;
  readonly #forwarder: Forwarder;
  readonly #connect: Connect;
  readonly #links = new Map<string, PacketLink>();
  readonly #strangers = new Map<PeerStream, { readonly peer: PeerAddress; readonly timer: NodeJS.Timeout }>();

  constructor(relay: RelayId, most: number, forwarder: Forwarder, connect: Connect) {
    this.#relay = relay;
    this.#most = most;
    this.#forwarder = forwarder;
    this.#connect = connect;
  }

  /** The payload is a frame already, or part of one: it is sent as it is. */
  send(to: TransportAddress, bytes: Uint8Array, start: number, end: number): Sent {
    const link = this.#links.get(keyOf(to)) ?? this.#open(to);
    if (typeof link === 'string') return link;
    const length = end - start;
    const isConnected = link.waiting === undefined;
    const queued = isConnected ? link.socket.writableLength : link.waitingBytes;
    if (queued + length > (isConnected ? QUEUE : CONNECTING_QUEUE)) return 'send-queue-full';
    const copy = Uint8Array.prototype.slice.call(bytes, start, end);
    if (!isConnected) {
      link.waiting!.push(copy);
      link.waitingBytes += length;
      return 'sent';
    }
    link.socket.write(copy);
    if (link.socket.writableLength > HOLD_ABOVE) this.#holdClient(link.socket);
    return 'sent';
  }

  arrived(peer: PeerAddress, socket: PeerStream): void {
    const { w0, w1, w2, w3 } = peer;
    if (this.#forwarder.flows.permits(this.#relay, w0, w1, w2, w3)) this.#adopt(peer, socket);
    else if (this.#strangers.size >= MOST_STRANGERS) this.#refuse(socket);
    else this.#wait(peer, socket);
  }

  /** Who has been waiting for this may come in now. */
  permitted(ip: IpAddress): void {
    for (const [socket, { peer, timer }] of this.#strangers) {
      if (peer.w3 !== ip.w3 || peer.w2 !== ip.w2 || peer.w1 !== ip.w1 || peer.w0 !== ip.w0) continue;
      clearTimeout(timer);
      this.#strangers.delete(socket);
      this.#adopt(peer, socket);
    }
  }

  close(): void {
    for (const { timer } of [...this.#strangers.values(), ...this.#links.values()]) clearTimeout(timer);
    this.#strangers.clear();
    this.#links.clear();
  }

  #open(to: TransportAddress): PacketLink | Sent {
    if (this.#links.size >= this.#most) return 'send-queue-full';
    const socket = this.#connect(to);
    if (socket === undefined) return 'send-error';
    const { w0, w1, w2, w3, port } = to;
    const link = this.#add({ w0, w1, w2, w3, port } as PeerAddress, socket);
    link.timer = setTimeout(() => socket.destroy(), CONNECT_MILLIS);
    socket.once('connect', () => this.#carry(link, socket));
    socket.once('close', () => {
      if (link.waiting === undefined || link.socket !== socket) return;
      clearTimeout(link.timer);
      link.timer = setTimeout(() => this.#remove(link, socket), MEETING_MILLIS);
    });
    return link;
  }

  /** A peer that comes anew has lost its connection, or is met half-way: what we had is of no use any more. */
  #adopt(peer: PeerAddress, socket: PeerStream): void {
    const known = this.#links.get(keyOf(peer));
    if (known === undefined && this.#links.size >= this.#most) {
      this.#refuse(socket);
      return;
    }
    const link = known ?? this.#add(peer, socket);
    const before = link.socket;
    link.socket = socket;
    if (before !== socket) before.destroy();
    this.#carry(link, socket);
  }

  #add(peer: PeerAddress, socket: PeerStream): PacketLink {
    const link: PacketLink = { peer, socket, waiting: [], waitingBytes: 0, timer: undefined };
    this.#links.set(keyOf(peer), link);
    return link;
  }

  /** The connection is there: what has waited for it goes first. */
  #carry(link: PacketLink, socket: PeerStream): void {
    if (link.socket !== socket) return;
    clearTimeout(link.timer);
    for (const bytes of link.waiting ?? []) socket.write(bytes);
    link.waiting = undefined;
    socket.once('close', () => this.#remove(link, socket));
    this.#read(link);
  }

  #remove(link: PacketLink, socket: PeerStream): void {
    const key = keyOf(link.peer);
    if (link.socket === socket && this.#links.get(key) === link) this.#links.delete(key);
  }

  #read({ peer, socket }: PacketLink): void {
    const reader = new FrameReader(LONGEST_PACKET_FRAME, PACKET_FRAMES);
    const onFrame = (bytes: Uint8Array, start: number, end: number) => this.#onPacket(peer, bytes, start, end);
    socket.on('data', chunk => {
      if (reader.push(chunk, onFrame) !== 'ok') {
        this.#forwarder.drop('too-long');
        socket.destroy();
      } else this.#holdPeer(socket);
    });
    socket.on('end', () => socket.end());
    socket.resume();
  }

  #onPacket(peer: PeerAddress, bytes: Uint8Array, start: number, end: number): void {
    frame.set(bytes.subarray(start, end), HEADROOM);
    this.#forwarder.packetFromPeer(this.#relay, peer, frame, HEADROOM, HEADROOM + end - start);
  }

  /** A client that reads slowly slows its peers down. */
  #holdPeer(socket: PeerStream): void {
    const sink = this.#forwarder.sinkOf(this.#relay);
    if (sink?.whenDrained?.(() => socket.resume()) === true) socket.pause();
  }

  /** A peer that reads slowly slows its client down. */
  #holdClient(socket: PeerStream): void {
    const release = this.#forwarder.sinkOf(this.#relay)?.hold?.(socket);
    if (release === undefined) return;
    const onRead = () => {
      socket.off('drain', onRead).off('close', onRead);
      release();
    };
    socket.once('drain', onRead).once('close', onRead);
  }

  #wait(peer: PeerAddress, socket: PeerStream): void {
    const timer = setTimeout(() => this.#refuse(socket), STRANGER_MILLIS);
    this.#strangers.set(socket, { peer, timer });
    socket.once('close', () => {
      clearTimeout(timer);
      this.#strangers.delete(socket);
    });
  }

  #refuse(socket: PeerStream): void {
    this.#strangers.delete(socket);
    this.#forwarder.drop('no-permission-in');
    socket.resetAndDestroy();
  }
}

function keyOf({ w0, w1, w2, w3, port }: TransportAddress): string {
  return `${w0},${w1},${w2},${w3},${port}`;
}
