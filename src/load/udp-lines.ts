import { type TransportAddress, withPort } from '../wire/index.ts';
import type { DatagramSink, Datagrams } from './datagrams.ts';
import type { Envelope } from './envelope.ts';
import { Incoming } from './incoming.ts';
import type { Lines, LinesSink } from './lines.ts';
import { writeStamp } from './stamp.ts';

export interface UdpLinesOptions {
  readonly server: TransportAddress;
  /** Where the clients' sockets are bound, each on a port of its own. */
  readonly from: TransportAddress;
  readonly envelopeOf: (client: number) => Envelope;
  /** How many datagrams are likely to wait at once on a client's socket. */
  readonly want: number;
  /**
   * Where to begin giving out ports one after the other, for clients that come and go. The system would draw one again that has
   * just been used, and servers that remember its last client for a while refuse the next (437).
   */
  readonly firstPort: number | undefined;
}

/** Ports that are given out one after the other, round and round. */
export const PORTS_IN_TURN = { first: 10_000, count: 50_000 };
const MOST_TAKEN = 1_000;

/** A UDP socket for each client. */
export class UdpLines implements Lines, DatagramSink {
  readonly isReliable = false;
  readonly #datagrams: Datagrams;
  readonly #options: UdpLinesOptions;
  readonly #incoming: Incoming;
  readonly #destination: number;
  readonly #sockets: (number | undefined)[] = [];
  #given = 0;

  constructor(datagrams: Datagrams, options: UdpLinesOptions, sink: LinesSink) {
    this.#datagrams = datagrams;
    this.#options = options;
    this.#incoming = new Incoming(sink);
    this.#destination = datagrams.destination(options.server);
  }

  get refused(): number {
    return this.#datagrams.refused;
  }

  async open(client: number): Promise<void> {
    const { from, firstPort } = this.#options;
    this.#sockets[client] = firstPort === undefined ? this.#open(client, from) : this.#openNext(client, firstPort);
  }

  close(client: number): void {
    const socket = this.#sockets[client];
    if (socket !== undefined) this.#datagrams.close(socket);
    this.#sockets[client] = undefined;
  }

  sendControl(client: number, message: Uint8Array): void {
    const socket = this.#sockets[client];
    if (socket === undefined) return;
    this.#datagrams.bytes.set(message, this.#datagrams.reserve());
    this.#datagrams.commit(socket, this.#destination, message.length);
    this.#datagrams.flush();
  }

  sendPayload(client: number, size: number, mark: number, sequence: number, ticks: number): void {
    const socket = this.#sockets[client];
    if (socket === undefined) return;
    const envelope = this.#options.envelopeOf(client);
    const { bytes } = this.#datagrams;
    const at = this.#datagrams.reserve();
    const end = envelope.write(bytes, at, size);
    writeStamp(bytes, at + envelope.header, mark, client, sequence, ticks);
    this.#datagrams.commit(socket, this.#destination, end - at);
  }

  flush(): void {
    this.#datagrams.flush();
  }

  #open(client: number, at: TransportAddress): number {
    return this.#datagrams.open({ at, owner: client, sink: this, want: this.#options.want });
  }

  #openNext(client: number, firstPort: number): number {
    for (let taken = 0; ; taken++) {
      const port = PORTS_IN_TURN.first + ((firstPort + this.#given++) % PORTS_IN_TURN.count);
      try {
        return this.#open(client, withPort(this.#options.from, port));
      } catch (error) {
        if ((error as { code?: string }).code !== 'EADDRINUSE' || taken === MOST_TAKEN) throw error;
      }
    }
  }

  onDatagram(owner: number, bytes: Uint8Array, start: number, end: number, ticks: number): void {
    this.#incoming.take(owner, bytes, start, end, ticks);
  }
}
