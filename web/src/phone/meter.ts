import { signal } from '@preact/signals';
import { NOTHING_YET, type PeerFacts } from '../call/facts.ts';
import { kept, rate, SAMPLE_MS } from '../call/history.ts';
import { factsOf } from '../call/stats.ts';

/** The last minute of a call, ready for the charts. */
export interface Trace {
  readonly seconds: readonly number[];
  readonly sentKbits: readonly (number | null)[];
  readonly receivedKbits: readonly (number | null)[];
  readonly roundTripMs: readonly (number | null)[];
}

const EMPTY: Trace = { seconds: [], sentKbits: [], receivedKbits: [], roundTripMs: [] };

/** Reads a connection's statistics while there is one. */
export class Meter {
  readonly facts = signal<PeerFacts>(NOTHING_YET);
  readonly trace = signal<Trace>(EMPTY);
  #timer: ReturnType<typeof setInterval> | undefined;
  #before: { atMs: number; facts: PeerFacts } | undefined;

  start(connection: RTCPeerConnection): void {
    this.#timer = setInterval(() => void this.#sample(connection), SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #sample(connection: RTCPeerConnection): Promise<void> {
    const facts = await factsOf(connection);
    if (facts.local === null) return;
    const now = { atMs: performance.now(), facts };
    this.trace.value = withSample(this.trace.value, this.#before, now);
    this.facts.value = facts;
    this.#before = now;
  }
}

interface Sample {
  readonly atMs: number;
  readonly facts: PeerFacts;
}

export function withSample(trace: Trace, before: Sample | undefined, now: Sample): Trace {
  const elapsedMs = before === undefined ? 0 : now.atMs - before.atMs;
  return {
    seconds: kept(trace.seconds, now.atMs / 1000),
    sentKbits: kept(trace.sentKbits, rate(before?.facts, now.facts, elapsedMs, 'bytesSent')),
    receivedKbits: kept(trace.receivedKbits, rate(before?.facts, now.facts, elapsedMs)),
    roundTripMs: kept(trace.roundTripMs, now.facts.roundTripMs),
  };
}
