import { performance } from 'node:perf_hooks';
import type { Millis } from '../wire/index.ts';

/**
 * The edge's time: milliseconds since 1970 when the process started, monotonic ever after. A stepped system clock
 * neither ends calls nor prolongs them; credentials are checked against the wall clock and their end is moved onto this line.
 */
export const clock = { now, wall, fromWall };
export type Clock = typeof clock;

const ORIGIN = performance.timeOrigin;

function now(): Millis {
  return ORIGIN + performance.now();
}

function wall(): Millis {
  return Date.now();
}

/** The two clocks are not read at the same instant; what they seem to drift by that little is no step of the wall clock. */
const LEAST_STEP: Millis = 100;
let offset: Millis = 0;

/** A wall-clock instant on this clock's line: the same one each time, as long as nobody sets the wall clock. */
function fromWall(instant: Millis): Millis {
  const seen = now() - wall();
  if (Math.abs(seen - offset) > LEAST_STEP) offset = seen;
  return instant + offset;
}
