import { createHash, timingSafeEqual } from 'node:crypto';
import type { Millis } from '../../wire/index.ts';

/** Wrong tokens an address may try at once, and how long one takes to be forgiven. */
const TRIES = 10;
const FORGIVEN_AFTER: Millis = 6000;
/** Addresses remembered; the one that failed longest ago makes room. */
const MOST_ADDRESSES = 1024;

export type Verdict = 'accepted' | 'no-token' | 'wrong-token' | 'too-many-failures';

/** Checks the admin token. Comparing takes the same time whatever is offered, and guessing is throttled for each address. */
export class TokenGuard {
  readonly #digest: Buffer;
  readonly #now: () => Millis;
  /** For each address the time at which its failures are all forgiven. */
  readonly #forgivenAt = new Map<string, Millis>();

  constructor(token: string, now: () => Millis) {
    this.#digest = digest(token);
    this.#now = now;
  }

  /** A throttled address is refused whatever it offers: otherwise guessing would only look slower. */
  check(offered: string | undefined, from: string): Verdict {
    if (offered === undefined || offered === '') return 'no-token';
    const now = this.#now();
    const owed = Math.max(0, (this.#forgivenAt.get(from) ?? 0) - now);
    if (owed > (TRIES - 1) * FORGIVEN_AFTER) return 'too-many-failures';
    if (timingSafeEqual(digest(offered), this.#digest)) return 'accepted';
    this.#remember(from, now + owed + FORGIVEN_AFTER);
    return 'wrong-token';
  }

  #remember(from: string, forgivenAt: Millis): void {
    this.#forgivenAt.delete(from); // to the end of the map's order
    this.#forgivenAt.set(from, forgivenAt);
    if (this.#forgivenAt.size <= MOST_ADDRESSES) return;
    const [oldest] = this.#forgivenAt.keys();
    this.#forgivenAt.delete(oldest!);
  }
}

/** Equal lengths, as `timingSafeEqual` needs. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
