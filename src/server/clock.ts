import { performance } from 'node:perf_hooks';
import type { Millis } from '../wire/index.ts';

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
  /** A wall-clock instant on this clock's line. */
  fromWall(instant: Millis): Millis {
    return instant - Date.now() + this.now();
  },
};
export type Clock = typeof clock;
