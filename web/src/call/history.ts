import type { PeerFacts } from './facts.ts';

/** How far back the charts look, and how often they are drawn. */
export const SAMPLE_MS = 500;
export const SAMPLES = 120;

/** The last minute, ready for the charts: one array a line, oldest first; null where there is nothing to draw. */
export interface History {
  readonly seconds: readonly number[];
  readonly kbitsAtoB: readonly (number | null)[];
  readonly kbitsBtoA: readonly (number | null)[];
  readonly roundTripA: readonly (number | null)[];
  readonly roundTripB: readonly (number | null)[];
}

export interface Sample {
  readonly atMs: number;
  readonly a: PeerFacts;
  readonly b: PeerFacts;
}

export const NO_HISTORY: History = { seconds: [], kbitsAtoB: [], kbitsBtoA: [], roundTripA: [], roundTripB: [] };

/** Adds a sample. Rates are measured where bytes arrive: what was lost on the way is not counted as carried. */
export function withSample(history: History, before: Sample | null, now: Sample): History {
  const elapsedMs = before === null ? 0 : now.atMs - before.atMs;
  return {
    seconds: kept(history.seconds, now.atMs / 1000),
    kbitsAtoB: kept(history.kbitsAtoB, rate(before?.b, now.b, elapsedMs)),
    kbitsBtoA: kept(history.kbitsBtoA, rate(before?.a, now.a, elapsedMs)),
    roundTripA: kept(history.roundTripA, now.a.roundTripMs),
    roundTripB: kept(history.roundTripB, now.b.roundTripMs),
  };
}

/** Bits in a millisecond are kilobits in a second. A counter that went back belongs to another pair: no rate. */
export function rate(
  before: PeerFacts | undefined,
  now: PeerFacts,
  elapsedMs: number,
  counter: 'bytesReceived' | 'bytesSent' = 'bytesReceived',
): number | null {
  if (before === undefined || elapsedMs <= 0) return null;
  const bytes = now[counter] - before[counter];
  return bytes < 0 ? null : (bytes * 8) / elapsedMs;
}

/** The line with one more value at its end, and no longer than a chart looks back. */
export function kept<T>(line: readonly T[], value: T): readonly T[] {
  return [...line.slice(1 - SAMPLES), value];
}
