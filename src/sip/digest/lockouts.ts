import type { Millis } from '../../wire/index.ts';

export interface LockoutSettings {
  /** Wrong passwords for one user from one address before both are locked out together. */
  readonly tries: number;
  /** Wrong passwords from one address, whoever they were for. */
  readonly triesPerAddress: number;
  readonly seconds: number;
}

interface Failures {
  count: number;
  until: Millis;
}

/** Users and addresses remembered at once. The oldest go first. */
const MOST = 20_000;

/**
 * Who has failed too often. A user is locked out from one address only: whoever guesses from elsewhere cannot lock the owner out.
 * pidgin-sipe repeats a wrong password 31 times in a row: what comes while the lock holds does not prolong it.
 */
export class Lockouts {
  readonly #settings: LockoutSettings;
  readonly #failures = new Map<string, Failures>();

  constructor(settings: LockoutSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#failures.size;
  }

  isLocked(user: string, address: string, now: Millis): boolean {
    const { tries, triesPerAddress } = this.#settings;
    return this.#count(pair(user, address), now) >= tries || this.#count(address, now) >= triesPerAddress;
  }

  onWrong(user: string, address: string, now: Millis): void {
    this.#fail(pair(user, address), now);
    this.#fail(address, now);
  }

  onRight(user: string, address: string): void {
    this.#failures.delete(pair(user, address));
  }

  #count(key: string, now: Millis): number {
    const failures = this.#failures.get(key);
    if (failures === undefined) return 0;
    if (now < failures.until) return failures.count;
    this.#failures.delete(key);
    return 0;
  }

  #fail(key: string, now: Millis): void {
    const count = this.#count(key, now) + 1;
    this.#failures.delete(key); // to the end of the map's order
    this.#failures.set(key, { count, until: now + this.#settings.seconds * 1000 });
    if (this.#failures.size > MOST) this.#failures.delete(this.#failures.keys().next().value!);
  }
}

function pair(user: string, address: string): string {
  return `${address} ${user}`;
}
