import type { Millis } from '../../wire/index.ts';

const MOST = 1000;
const FORGOTTEN_AFTER: Millis = 3_600_000;

/** What strangers make us say is said once an hour, and no more than a thousand things: the rest is counted. */
export class SaidOnce {
  readonly #said = new Set<string>();
  #since: Millis = 0;

  /** Whether it is to be said now. */
  isNew(what: string, now: Millis): boolean {
    if (now - this.#since >= FORGOTTEN_AFTER) {
      this.#said.clear();
      this.#since = now;
    }
    if (this.#said.has(what) || this.#said.size >= MOST) return false;
    this.#said.add(what);
    return true;
  }

  /** It is over: when it begins again, it is news. */
  forget(what: string): void {
    this.#said.delete(what);
  }
}
