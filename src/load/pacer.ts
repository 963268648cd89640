/** Farther behind than this, what was missed is skipped: catching up at once would be another load than the one asked for. */
const MOST_BEHIND_MILLIS = 50;

/**
 * Says which flow sends next, and when: all have the same period and are spread evenly over it, so that their order never changes and
 * none has to be looked for.
 */
export class Pacer {
  /** Sends left out because the generator could not keep up. */
  skipped = 0;
  readonly #flows: number;
  readonly #interval: number;
  #next = 0;
  #flow = 0;

  constructor(flows: number, perSecondOfEach: number) {
    this.#flows = flows;
    this.#interval = 1000 / (flows * perSecondOfEach);
  }

  start(now: number): void {
    this.#next = now;
  }

  /** Calls `send` for each flow that is due, with how late it is, and returns how many there were. */
  run(now: number, send: (flow: number, lateMillis: number) => void): number {
    this.#skipTo(now - MOST_BEHIND_MILLIS);
    let sent = 0;
    while (this.#next <= now) {
      const late = now - this.#next;
      const flow = this.#advance();
      send(flow, late);
      sent++;
    }
    return sent;
  }

  #skipTo(earliest: number): void {
    while (this.#next < earliest) {
      this.#advance();
      this.skipped++;
    }
  }

  #advance(): number {
    const flow = this.#flow;
    this.#flow = flow + 1 === this.#flows ? 0 : flow + 1;
    this.#next += this.#interval;
    return flow;
  }
}
