import { Histogram } from './histogram.ts';
import { elapsedTicks, sequenceIn, TICKS_PER_MICRO, ticksIn } from './stamp.ts';

/** What arrived: how many, how late, in which order. Recording allocates nothing. */
export class Receipts {
  readonly delay = new Histogram();
  count = 0;
  bytes = 0;
  /** Datagrams overtaken by one that was sent after them. */
  outOfOrder = 0;
  /** How many of each flow. */
  readonly counts: Uint32Array;
  readonly #highest: Float64Array;
  readonly #transit: Float64Array;
  readonly #jitter: Float64Array;

  constructor(flows: number) {
    this.counts = new Uint32Array(flows);
    this.#highest = new Float64Array(flows);
    this.#transit = new Float64Array(flows);
    this.#jitter = new Float64Array(flows);
    this.reset();
  }

  reset(): void {
    this.delay.reset();
    this.count = 0;
    this.bytes = 0;
    this.outOfOrder = 0;
    this.counts.fill(0);
    this.#highest.fill(-1);
    this.#transit.fill(-1);
    this.#jitter.fill(-1);
  }

  /** A stamped payload in b[start, end), received at `ticks`. */
  record(flow: number, b: Uint8Array, start: number, end: number, ticks: number): void {
    const delay = elapsedTicks(ticksIn(b, start), ticks);
    this.count++;
    this.counts[flow]!++;
    this.bytes += end - start;
    this.delay.record(delay);
    this.#recordJitter(flow, delay);
    const sequence = sequenceIn(b, start);
    if (sequence < this.#highest[flow]!) this.outOfOrder++;
    else this.#highest[flow] = sequence;
  }

  /** The mean over all flows of their interarrival jitter as it is at the end. */
  get jitterMicros(): number {
    let sum = 0;
    let flows = 0;
    for (const jitter of this.#jitter) {
      if (jitter < 0) continue;
      sum += jitter;
      flows++;
    }
    return flows === 0 ? 0 : sum / flows / TICKS_PER_MICRO;
  }

  /** RFC 3550 §6.4.1: a sixteenth of each change in transit time is taken over. */
  #recordJitter(flow: number, delay: number): void {
    const before = this.#transit[flow]!;
    this.#transit[flow] = delay;
    if (before < 0) return;
    const jitter = Math.max(0, this.#jitter[flow]!);
    this.#jitter[flow] = jitter + (Math.abs(delay - before) - jitter) / 16;
  }
}
