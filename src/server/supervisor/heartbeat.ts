/** How often a worker is asked, and after how many questions without an answer it hangs: an event loop that turns answers within milliseconds. */
const BEAT_MILLIS = 1_000;
const MOST_MISSED = 5;

/**
 * Notices a worker that runs and does nothing. Questions are counted, not time: when the whole machine has slept, one question was
 * missed and nobody is blamed.
 */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout;
  readonly #ask: () => Promise<boolean>;
  readonly #onSilent: () => void;
  #missed = 0;

  /** `ask` resolves to whether there was an answer. */
  constructor(ask: () => Promise<boolean>, onSilent: () => void, everyMillis = BEAT_MILLIS) {
    this.#ask = ask;
    this.#onSilent = onSilent;
    this.#timer = setInterval(() => void this.#beat(), everyMillis);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    if (this.#missed === MOST_MISSED) {
      this.stop();
      this.#onSilent();
      return;
    }
    this.#missed++;
    if (await this.#ask()) this.#missed = 0;
  }
}
