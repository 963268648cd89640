import { type Counters, DROP_REASONS, type DropReason } from './engine.ts';
import { TrafficTable } from './relay-traffic.ts';

/** What a forwarder counts, for all and for each relay. */
export class Tally {
  readonly traffic = new TrafficTable();
  received = 0;
  readonly #drops = Object.fromEntries(DROP_REASONS.map(reason => [reason, 0])) as Record<DropReason, number>;
  readonly #toPeers = { datagrams: 0, bytes: 0 };
  readonly #toClients = { datagrams: 0, bytes: 0 };
  readonly #across = { datagrams: 0, bytes: 0 };

  drop(reason: DropReason): void {
    this.#drops[reason]++;
  }

  toPeer(relay: number, bytes: number): void {
    this.#toPeers.datagrams++;
    this.#toPeers.bytes += bytes;
    this.traffic.toPeer(relay, bytes);
  }

  toClient(relay: number, bytes: number): void {
    this.#toClients.datagrams++;
    this.#toClients.bytes += bytes;
    this.traffic.toClient(relay, bytes);
  }

  /** Bytes of a connection, which are no datagrams. */
  streamed(relay: number, direction: 'to-peer' | 'to-client', bytes: number): void {
    (direction === 'to-peer' ? this.#toPeers : this.#toClients).bytes += bytes;
    this.traffic.streamed(relay, direction, bytes);
  }

  across(bytes: number): void {
    this.#across.datagrams++;
    this.#across.bytes += bytes;
  }

  counters(): Counters {
    return {
      drops: { ...this.#drops },
      receivedDatagrams: this.received,
      relayedToPeers: { ...this.#toPeers },
      relayedToClients: { ...this.#toClients },
      relayedAcross: { ...this.#across },
    };
  }
}
