import { createHash } from 'node:crypto';
import type { Millis } from '../wire/index.ts';

/** That a credential was used for the first time. It names nobody: the key is a hash of the username. */
export interface FirstUse {
  readonly key: string;
  readonly expiresAt: Millis;
  readonly at: Millis;
}

const HOUR = 3_600_000;

/**
 * When over-long credentials were first used (ADR 0006). Only credentials that have proven themselves are remembered, by a hash of
 * fixed size, until the hour after their own expiry; when it is full, nobody is forgotten and nobody new is remembered.
 */
export class FirstUses {
  readonly #limit: number;
  readonly #firstUse = new Map<string, Pick<FirstUse, 'at' | 'expiresAt'>>();
  /** The keys by the hour in which they expire, so that forgetting needs no scan. */
  readonly #byHour = new Map<number, string[]>();
  #sweptUntil = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#firstUse.size;
  }

  of(username: string): Millis | undefined {
    return this.#firstUse.size === 0 ? undefined : this.#firstUse.get(keyOf(username))?.at;
  }

  all(): FirstUse[] {
    return [...this.#firstUse].map(([key, { at, expiresAt }]) => ({ key, at, expiresAt }));
  }

  isFull(now: Millis): boolean {
    this.#sweep(now);
    return this.#firstUse.size >= this.#limit;
  }

  /** Remembers the first use of a credential and tells of it; later ones change nothing. */
  remember(username: string, expiresAt: Millis, now: Millis): FirstUse | undefined {
    const use = { key: keyOf(username), expiresAt, at: now };
    return this.learn(use, now) ? use : undefined;
  }

  /** The same, of what another worker saw. The earliest use counts. */
  learn({ key, expiresAt, at }: FirstUse, now: Millis): boolean {
    const known = this.#firstUse.get(key);
    if (known !== undefined && known.at > at) this.#firstUse.set(key, { at, expiresAt });
    if (this.isFull(now) || known !== undefined) return false;
    this.#firstUse.set(key, { at, expiresAt });
    const hour = Math.floor(expiresAt / HOUR);
    const sameHour = this.#byHour.get(hour);
    if (sameHour) sameHour.push(key);
    else this.#byHour.set(hour, [key]);
    return true;
  }

  #sweep(now: Millis): void {
    const hour = Math.floor(now / HOUR);
    if (this.#firstUse.size === 0) this.#sweptUntil = hour;
    for (; this.#sweptUntil < hour; this.#sweptUntil++) {
      for (const key of this.#byHour.get(this.#sweptUntil) ?? []) this.#firstUse.delete(key);
      this.#byHour.delete(this.#sweptUntil);
    }
  }
}

function keyOf(username: string): string {
  return createHash('sha256').update(username, 'utf8').digest('base64');
}
