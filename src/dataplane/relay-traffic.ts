import type { RelayTraffic } from './engine.ts';

// One relay: datagrams and bytes to peers, datagrams and bytes to clients.
const STRIDE = 4;

/** What each relay carried; a double holds a relay's bytes exactly for as long as it may live. */
export class TrafficTable {
  #counts = new Float64Array(16 * STRIDE);

  start(relay: number): void {
    while ((relay + 1) * STRIDE > this.#counts.length) this.#grow();
    this.#counts.fill(0, relay * STRIDE, (relay + 1) * STRIDE);
  }

  toPeer(relay: number, bytes: number): void {
    this.#counts[relay * STRIDE]! += 1;
    this.#counts[relay * STRIDE + 1]! += bytes;
  }

  toClient(relay: number, bytes: number): void {
    this.#counts[relay * STRIDE + 2]! += 1;
    this.#counts[relay * STRIDE + 3]! += bytes;
  }

  /** Bytes of a connection, which are no datagrams. */
  streamed(relay: number, direction: 'to-peer' | 'to-client', bytes: number): void {
    this.#counts[relay * STRIDE + (direction === 'to-peer' ? 1 : 3)]! += bytes;
  }

  of(relay: number): RelayTraffic {
    const c = this.#counts.subarray(relay * STRIDE, (relay + 1) * STRIDE);
    return {
      toPeers: { datagrams: c[0] ?? 0, bytes: c[1] ?? 0 },
      toClients: { datagrams: c[2] ?? 0, bytes: c[3] ?? 0 },
    };
  }

  #grow(): void {
    const counts = new Float64Array(this.#counts.length * 2);
    counts.set(this.#counts);
    this.#counts = counts;
  }
}
