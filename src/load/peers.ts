import type { TransportAddress } from '../wire/index.ts';
import type { DatagramSink, Datagrams } from './datagrams.ts';
import type { Direction } from './options.ts';
import { clientIn, STAMP_LENGTH, writeStamp } from './stamp.ts';

export interface PeersOptions {
  readonly at: TransportAddress;
  readonly count: number;
  readonly direction: Direction;
}

/** Many datagrams wait at once where everybody's arrive. */
const WANT = 64;

/** The far ends: sockets that send back, take, or begin what is relayed. They stand in for the peers of many calls at once. */
export class Peers implements DatagramSink {
  /** Payloads that arrived at peers which keep them. */
  received = 0;
  onPayload: (client: number, bytes: Uint8Array, start: number, end: number, ticks: number) => void = () => {};
  readonly #datagrams: Datagrams;
  readonly #sockets: readonly number[];
  readonly #relays: number[] = [];

  constructor(datagrams: Datagrams, { at, count, direction }: PeersOptions) {
    this.#datagrams = datagrams;
    const sink = direction === 'echo' ? 'echo' : this;
    const portOf = (i: number) => (at.port === 0 ? 0 : at.port + i);
    this.#sockets = Array.from({ length: count }, (_, i) =>
      datagrams.open({ at: { ...at, port: portOf(i) }, owner: i, sink, want: WANT }),
    );
  }

  addresses(): Promise<TransportAddress[]> {
    return Promise.all(this.#sockets.map(socket => this.#datagrams.boundTo(socket)));
  }

  /** From now on this client can be sent to. */
  learn(client: number, relay: TransportAddress): void {
    this.#relays[client] = this.#datagrams.destination(relay);
  }

  sendPayload(client: number, size: number, mark: number, sequence: number, ticks: number): void {
    const at = this.#datagrams.reserve();
    writeStamp(this.#datagrams.bytes, at, mark, client, sequence, ticks);
    this.#datagrams.commit(this.#sockets[client % this.#sockets.length]!, this.#relays[client]!, size);
  }

  onDatagram(_owner: number, bytes: Uint8Array, start: number, end: number, ticks: number): void {
    if (end - start < STAMP_LENGTH) return;
    this.received++;
    this.onPayload(clientIn(bytes, start), bytes, start, end, ticks);
  }
}
