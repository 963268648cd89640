import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import {
  AddressBuffer,
  familyOf,
  formatIp,
  type IpAddress,
  type RelayId,
  type TransportAddress,
  withPort,
} from '../../wire/index.ts';
import { HEADROOM } from '../engine.ts';
import type { Forwarder } from '../forwarder.ts';
import type { Sent } from '../packet-sockets.ts';
import type { BindOutcome } from '../relay-opener.ts';
import type { EngineSockets } from '../socket-engine.ts';
import { HostNames } from './host-names.ts';
import { readHost } from './host-words.ts';
import { PacketBuffers } from './packet-buffers.ts';
import { SendQueue } from './send-queue.ts';
import { TcpRelays } from './tcp-relays.ts';

/** Asked of the kernel for listeners, which carry everybody's packets; it grants what its limits allow. */
const LISTENER_BUFFER = 4 * 1024 * 1024;
/** How much libuv may hold for a socket whose kernel buffer is full. */
const LISTENER_QUEUE = 1024 * 1024;
const RELAY_QUEUE = 128 * 1024;

interface Way {
  readonly socket: Socket;
  readonly queue: SendQueue;
  isBound: boolean;
}

/** Sockets of node:dgram: one for each listener and each relay. Works wherever node does. */
export class DgramSockets implements EngineSockets {
  readonly name = 'dgram';
  readonly canDontFragment = false;
  readonly tcp = TcpRelays.where();
  readonly #listeners: (Way | undefined)[] = [];
  readonly #relays: (Way | undefined)[] = [];
  readonly #closing = new Set<Promise<void>>();
  readonly #buffers = new PacketBuffers();
  readonly #names = new HostNames();
  readonly #from = new AddressBuffer();
  copies: Uint8Array = new Uint8Array(0);
  #forwarder!: Forwarder;

  receiveWith(forwarder: Forwarder): void {
    this.#forwarder = forwarder;
  }

  bindListener(listener: number, address: TransportAddress, descriptor?: number): Promise<TransportAddress> {
    if (descriptor !== undefined) return Promise.reject(new Error('the engine dgram opens its sockets itself'));
    const way = this.#make(address, LISTENER_QUEUE);
    way.socket.on('message', (datagram, from) => this.#onClientDatagram(listener, datagram, from));
    this.#listeners[listener] = way;
    return new Promise((resolve, reject) => {
      bind(way, address, error => {
        if (error === undefined) return resolve(withPort(address, way.socket.address().port));
        this.#listeners[listener] = undefined;
        this.#close(way);
        reject(error);
      });
    }).then(bound => {
      enlarge(way.socket);
      return bound as TransportAddress;
    });
  }

  bindRelay(relay: RelayId, ip: IpAddress, port: number, answer: (outcome: BindOutcome) => void): void {
    const way = this.#make(ip, RELAY_QUEUE);
    way.socket.on('message', (datagram, from) => this.#onPeerDatagram(relay, datagram, from));
    this.#setRelay(relay, way);
    bind(way, withPort(ip, port), error => {
      if (error === undefined) return answer('bound');
      if (this.#relays[relay] === way) this.closeRelay(relay);
      answer(error.code === 'EADDRINUSE' ? 'in-use' : 'denied');
    });
  }

  closeRelay(relay: RelayId): void {
    const way = this.#relays[relay];
    if (way === undefined) return;
    this.#relays[relay] = undefined;
    this.#close(way);
  }

  soon(task: () => void): void {
    queueMicrotask(task);
  }

  sendToClient(listener: number, to: TransportAddress, bytes: Uint8Array, start: number, end: number): Sent {
    const way = this.#listeners[listener];
    if (way?.isBound !== true) return 'no-client';
    return way.queue.send(bytes, start, end, to, this.#names.nameOf(to));
  }

  sendToPeer(relay: RelayId, to: TransportAddress, bytes: Uint8Array, start: number, end: number): Sent {
    const way = this.#relays[relay];
    if (way === undefined) return this.tcp?.sendToPeer(relay, to, bytes, start, end) ?? 'no-relay';
    if (!way.isBound) return 'no-relay';
    return way.queue.send(bytes, start, end, to, this.#names.nameOf(to));
  }

  copy(bytes: Uint8Array, start: number, end: number): number {
    this.copies = this.#buffers.arrive(bytes.subarray(start, end));
    return HEADROOM;
  }

  async close(): Promise<void> {
    for (const way of [...this.#listeners, ...this.#relays]) if (way !== undefined) this.#close(way);
    this.#listeners.length = 0;
    this.#relays.length = 0;
    await Promise.all(this.#closing);
  }

  #onClientDatagram(listener: number, datagram: Uint8Array, { address, port }: RemoteInfo): void {
    const from = this.#from;
    if (!readHost(address, from)) return;
    this.#buffers.adopt(datagram);
    this.#forwarder.datagramFromClient(
      listener,
      from.w0,
      from.w1,
      from.w2,
      from.w3,
      port,
      datagram,
      0,
      datagram.length,
    );
  }

  #onPeerDatagram(relay: RelayId, datagram: Uint8Array, { address, port }: RemoteInfo): void {
    const from = this.#from;
    if (!readHost(address, from)) return;
    const bytes = this.#buffers.arrive(datagram);
    const end = HEADROOM + datagram.length;
    this.#forwarder.datagramFromPeer(relay, from.w0, from.w1, from.w2, from.w3, port, bytes, HEADROOM, end);
  }

  #make(ip: IpAddress, mostBytes: number): Way {
    const type = familyOf(ip) === 4 ? 'udp4' : 'udp6';
    const socket = createSocket({ type, ipv6Only: type === 'udp6', lookup: asItIs });
    const queue = new SendQueue(socket, this.#buffers, mostBytes, () => this.#forwarder.drop('send-error'));
    return { socket, queue, isBound: false };
  }

  #setRelay(relay: RelayId, way: Way): void {
    while (this.#relays.length <= relay) this.#relays.push(undefined);
    this.#relays[relay] = way;
  }

  #close({ socket }: Way): void {
    const closed = new Promise<void>(resolve => socket.once('close', resolve)).then(() => {
      this.#closing.delete(closed);
    });
    this.#closing.add(closed);
    socket.removeAllListeners('message');
    socket.close();
  }
}

/**
 * Binds and answers once. Errors of a bound socket (an ICMP error somebody sent us, say) concern one datagram and end nothing.
 * `exclusive` keeps cluster workers from sharing the port.
 */
function bind(way: Way, { port, ...ip }: TransportAddress, answer: (error?: NodeJS.ErrnoException) => void): void {
  way.socket.on('error', error => {
    if (!way.isBound) answer(error);
  });
  way.socket.once('listening', () => {
    way.isBound = true;
    answer();
  });
  way.socket.bind({ address: formatIp(ip), port, exclusive: true });
}

function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(LISTENER_BUFFER);
    socket.setSendBufferSize(LISTENER_BUFFER);
  } catch {
    // The system's own sizes will do.
  }
}

type Answer = (error: null, address: string, family: number) => void;

/** We only ever name addresses. Answering at once makes node try a send within the call, instead of a tick later. */
function asItIs(host: string, _options: unknown, callback: Answer): void {
  callback(null, host, 0);
}
