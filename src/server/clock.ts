import { performance } from 'node:perf_hooks';
import type { Millis } from '../wire/index.ts';

/** The wall clock is read in whole milliseconds; what it differs by from one reading to the next is no step. */
const WALL_CLOCK_GRAIN: Millis = 2;
let lastOffset: Millis = 0;

/**
 * The edge's time: milliseconds since 1970 when the process started, monotonic ever after. A stepped system clock
 * neither ends calls nor prolongs them; credentials are checked against the wall clock and their end is moved onto this line.
 */
export const clock = {
  now(): Millis {
    return performance.timeOrigin + performance.now();
  },
  wall(): Millis {
    return Date.now();
  },
  /** A wall-clock instant on this clock's line: the same one each time, as long as nobody sets the wall clock. */
  fromWall(instant: Millis): Millis {
    const offset = this.now() - Date.now();
    if (Math.abs(offset - lastOffset) > WALL_CLOCK_GRAIN) lastOffset = offset;
    return instant + lastOffset;
  },
};
export type Clock = typeof clock;
