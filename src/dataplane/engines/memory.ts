import { type IpAddress, type RelayId, type TransportAddress, withPort } from '../../wire/index.ts';
import { type EngineSettings, HEADROOM, TAILROOM } from '../engine.ts';
import type { Forwarder } from '../forwarder.ts';
import type { Sent } from '../packet-sockets.ts';
import type { BindOutcome } from '../relay-opener.ts';
import { type EngineSockets, SocketEngine } from '../socket-engine.ts';
import type { NetworkSocket, SimulatedNetwork } from './memory-network.ts';

/** The engine of simulations: real flows and permissions over a network in memory. */
export class MemoryEngine extends SocketEngine {
  constructor(settings: EngineSettings & { readonly network: SimulatedNetwork }) {
    super(new MemorySockets(settings.network), settings);
  }
}

class MemorySockets implements EngineSockets {
  readonly name = 'memory';
  readonly canDontFragment = true; // nothing is ever fragmented
  readonly #network: SimulatedNetwork;
  readonly #listeners: NetworkSocket[] = [];
  readonly #relays = new Map<RelayId, NetworkSocket>();
  copies: Uint8Array = new Uint8Array(0);
  #forwarder!: Forwarder;

  constructor(network: SimulatedNetwork) {
    this.#network = network;
  }

  receiveWith(forwarder: Forwarder): void {
    this.#forwarder = forwarder;
  }

  async bindListener(listener: number, address: TransportAddress): Promise<TransportAddress> {
    if (!this.#network.hasHost(address)) throw refusal('EADDRNOTAVAIL');
    const socket = this.#network.open(address, ({ w0, w1, w2, w3, port }, bytes) => {
      this.#forwarder.datagramFromClient(listener, w0, w1, w2, w3, port, bytes, 0, bytes.length);
    });
    if (socket === 'in-use') throw refusal('EADDRINUSE');
    this.#listeners[listener] = socket;
    return socket.address;
  }

  bindRelay(relay: RelayId, ip: IpAddress, port: number, answer: (outcome: BindOutcome) => void): void {
    if (!this.#network.hasHost(ip)) {
      answer('denied');
      return;
    }
    const socket = this.#network.open(withPort(ip, port), (from, bytes) => {
      const { w0, w1, w2, w3 } = from;
      const room = withRoom(bytes);
      const end = HEADROOM + bytes.length;
      this.#forwarder.datagramFromPeer(relay, w0, w1, w2, w3, from.port, room, HEADROOM, end);
    });
    if (socket !== 'in-use') this.#relays.set(relay, socket);
    answer(socket === 'in-use' ? 'in-use' : 'bound');
  }

  closeRelay(relay: RelayId): void {
    this.#relays.get(relay)?.close();
    this.#relays.delete(relay);
  }

  soon(task: () => void): void {
    this.#network.clock.at(this.#network.clock.now, task);
  }

  sendToClient(listener: number, to: TransportAddress, bytes: Uint8Array, start: number, end: number): Sent {
    return send(this.#listeners[listener], 'no-client', to, bytes.subarray(start, end));
  }

  sendToPeer(relay: RelayId, to: TransportAddress, bytes: Uint8Array, start: number, end: number): Sent {
    return send(this.#relays.get(relay), 'no-relay', to, bytes.subarray(start, end));
  }

  copy(bytes: Uint8Array, start: number, end: number): number {
    this.copies = withRoom(bytes.subarray(start, end));
    return HEADROOM;
  }

  async close(): Promise<void> {
    for (const socket of [...this.#listeners, ...this.#relays.values()]) socket.close();
    this.#listeners.length = 0;
    this.#relays.clear();
  }
}

function withRoom(bytes: Uint8Array): Uint8Array {
  const room = new Uint8Array(HEADROOM + bytes.length + TAILROOM);
  room.set(bytes, HEADROOM);
  return room;
}

function send(socket: NetworkSocket | undefined, otherwise: Sent, to: TransportAddress, bytes: Uint8Array): Sent {
  if (socket === undefined) return otherwise;
  socket.send(to, bytes);
  return 'sent';
}

function refusal(code: 'EADDRINUSE' | 'EADDRNOTAVAIL'): Error {
  return Object.assign(new Error(`bind ${code}`), { code });
}
