import type { Millis } from '../../wire/index.ts';

/** Who lives for less than this has died of the start, or of something that goes on. */
const SHORT_LIFE: Millis = 10_000;
const FIRST_PAUSE: Millis = 250;
const LONGEST_PAUSE: Millis = 30_000;

/** When to replace a worker that has died: at once, unless it keeps dying. */
export class Restarts {
  #shortLives = 0;
  #count = 0;

  /** How often there was one to be replaced. */
  get count(): number {
    return this.#count;
  }

  /** The pause before the next start, given how long the last one lived. */
  pauseAfter(lived: Millis): Millis {
    this.#count++;
    this.#shortLives = lived < SHORT_LIFE ? this.#shortLives + 1 : 0;
    if (this.#shortLives <= 1) return 0;
    return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.#shortLives - 2));
  }
}
