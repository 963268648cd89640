import type { Millis } from '../wire/index.ts';

/** Beyond this, setTimeout fires at once (its delay is a signed 32-bit number). */
const LONGEST_DELAY = 2 ** 31 - 1;

/** One timer for all that is due: armed for the earliest deadline, moved only when an earlier one comes up. */
export class DeadlineTimer {
  readonly #now: () => Millis;
  readonly #onDue: () => void;
  #armedFor: Millis = Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(now: () => Millis, onDue: () => void) {
    this.#now = now;
    this.#onDue = onDue;
  }

  /** To be told after each event what the earliest deadline is now; a later one waits for the timer to find out by itself. */
  expect(deadline: Millis): void {
    if (deadline >= this.#armedFor) return;
    clearTimeout(this.#timer);
    this.#armedFor = deadline;
    if (deadline === Infinity) return;
    const delay = Math.max(0, Math.ceil(deadline - this.#now()));
    this.#timer = setTimeout(() => this.#fire(), Math.min(delay, LONGEST_DELAY));
  }

  #fire(): void {
    this.#armedFor = Infinity;
    this.#onDue();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#armedFor = -Infinity;
  }
}
