import type { Millis } from '../../wire/index.ts';

export interface LockoutSettings {
  /** Wrong passwords for one user from one address before both are locked out together. */
  readonly tries: number;
  /** Wrong passwords from one address, whoever they were for. */
  readonly triesPerAddress: number;
  readonly seconds: number;
}

/** A password that somebody else is checking. */
export interface Attempt {
  /** Once. Undefined: nobody could tell whether it was right. */
  end(isRight: boolean | undefined, now: Millis): void;
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
  readonly #underWay = new Map<string, number>();

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

  /** One that takes time counts as wrong until it ends: a hundred at once are no more tries than one after the other. */
  begin(user: string, address: string, now: Millis): Attempt | 'locked-out' | 'too-many-at-once' {
    if (this.isLocked(user, address, now)) return 'locked-out';
    const { tries, triesPerAddress } = this.#settings;
    const both = pair(user, address);
    const isOpen = (key: string, most: number) => this.#count(key, now) + (this.#underWay.get(key) ?? 0) < most;
    if (!isOpen(both, tries) || !isOpen(address, triesPerAddress)) return 'too-many-at-once';
    for (const key of [both, address]) this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1);
    return {
      end: (isRight, then) => {
        for (const key of [both, address]) this.#leave(key);
        if (isRight === true) this.onRight(user, address);
        if (isRight === false) this.onWrong(user, address, then);
      },
    };
  }

  #leave(key: string): void {
    const left = (this.#underWay.get(key) ?? 0) - 1;
    if (left > 0) this.#underWay.set(key, left);
    else this.#underWay.delete(key);
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
