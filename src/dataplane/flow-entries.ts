import type { AddressBuffer } from '../wire/index.ts';

/** No entry, no next, no previous. */
export const NO_ENTRY = -1;

// One entry: relay | w0 | w1 | w2 | w3 | port | channel | permitted | next | previous
const STRIDE = 10;
const NEXT = 8;
const PREVIOUS = 9;

/** The records behind the flow table, in one typed array. A relay's entries are chained, so that they can be found without a search. */
export class FlowEntries {
  #words = new Int32Array(64 * STRIDE);
  #free = NO_ENTRY;
  #made = 0;

  /** A new entry, chained in front of `first`. */
  add(relay: number, w0: number, w1: number, w2: number, w3: number, port: number, first: number): number {
    const entry = this.#take();
    const at = entry * STRIDE;
    this.#words.set([relay, w0, w1, w2, w3, port, 0, 0, first, NO_ENTRY], at);
    if (first !== NO_ENTRY) this.#words[first * STRIDE + PREVIOUS] = entry;
    return entry;
  }

  /** Unchains an entry; its index is used again. Returns the entry after it. */
  remove(entry: number): number {
    const words = this.#words;
    const next = this.next(entry);
    const previous = words[entry * STRIDE + PREVIOUS]!;
    if (next !== NO_ENTRY) words[next * STRIDE + PREVIOUS] = previous;
    if (previous !== NO_ENTRY) words[previous * STRIDE + NEXT] = next;
    words[entry * STRIDE + NEXT] = this.#free;
    this.#free = entry;
    return next;
  }

  next(entry: number): number {
    return this.#words[entry * STRIDE + NEXT]!;
  }

  relay(entry: number): number {
    return this.#words[entry * STRIDE]!;
  }

  port(entry: number): number {
    return this.#words[entry * STRIDE + 5]!;
  }

  channel(entry: number): number {
    return this.#words[entry * STRIDE + 6]!;
  }

  setChannel(entry: number, channel: number): void {
    this.#words[entry * STRIDE + 6] = channel;
  }

  isPermitted(entry: number): boolean {
    return this.#words[entry * STRIDE + 7] === 1;
  }

  setPermitted(entry: number, permitted: boolean): void {
    this.#words[entry * STRIDE + 7] = permitted ? 1 : 0;
  }

  hasIp(entry: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const at = entry * STRIDE;
    const words = this.#words;
    return words[at + 4] === w3 && words[at + 3] === w2 && words[at + 2] === w1 && words[at + 1] === w0;
  }

  readPeer(entry: number, into: AddressBuffer): void {
    const at = entry * STRIDE;
    const words = this.#words;
    into.w0 = words[at + 1]!;
    into.w1 = words[at + 2]!;
    into.w2 = words[at + 3]!;
    into.w3 = words[at + 4]!;
    into.port = words[at + 5]!;
  }

  #take(): number {
    const free = this.#free;
    if (free === NO_ENTRY) return this.#make();
    this.#free = this.next(free);
    return free;
  }

  #make(): number {
    if ((this.#made + 1) * STRIDE > this.#words.length) {
      const words = new Int32Array(this.#words.length * 2);
      words.set(this.#words);
      this.#words = words;
    }
    return this.#made++;
  }
}
