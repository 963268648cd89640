import type { Millis } from '../../wire/index.ts';

/** Of a credential's life: 30 minutes before the end of one of eight hours. */
const RENEW_AT = 15 / 16;

/**
 * Tells each user to fetch credentials again before the first that he was given ends: pidgin-sipe asks once, at its sign-in. One timer a
 * user, and only for those who are signed in when they are given one.
 */
export class Renewals {
  readonly #due = new Map<string, { readonly at: Millis; readonly timer: NodeJS.Timeout }>();
  readonly #tell: (record: string) => void;

  constructor(tell: (record: string) => void) {
    this.#tell = tell;
  }

  get size(): number {
    return this.#due.size;
  }

  /** All devices of a user hear of the earliest end, and then have credentials that end together. */
  expect(record: string, expiresAt: Millis, now: Millis): void {
    const wait = Math.max(0, (expiresAt - now) * RENEW_AT);
    const known = this.#due.get(record);
    if (known !== undefined && known.at <= now + wait) return;
    clearTimeout(known?.timer);
    const timer = setTimeout(() => {
      this.#due.delete(record);
      this.#tell(record);
    }, wait);
    timer.unref();
    this.#due.set(record, { at: now + wait, timer });
  }

  /** Signed in no longer. */
  forget(record: string): void {
    clearTimeout(this.#due.get(record)?.timer);
    this.#due.delete(record);
  }

  close(): void {
    for (const { timer } of this.#due.values()) clearTimeout(timer);
    this.#due.clear();
  }
}
