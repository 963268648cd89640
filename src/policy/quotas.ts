import assert from 'node:assert';
import type { IpAddress } from '../wire/index.ts';
import { sourcePrefixKey } from './source-prefix.ts';
import { Tally } from './tally.ts';

export interface QuotaLimits {
  readonly allocationsPerIdentity: number;
  readonly allocationsPerSourcePrefix: number;
  readonly allocations: number;
}

export type QuotaRefusal = 'user-quota' | 'prefix-quota' | 'total-quota';

/**
 * The identity of those whose credential names nobody (`expiry` alone, as Jitsi mints): strangers to one another, so they share
 * no personal quota and count against the source prefix and the total only. No user can be called this.
 */
export const ANONYMOUS = '';

/** Allocations per identity, per source prefix and in all. What is remembered is bounded by what is reserved. */
export class Quotas {
  readonly #limits: QuotaLimits;
  readonly #identities = new Tally();
  readonly #prefixes = new Tally();
  #total = 0;

  constructor(limits: QuotaLimits) {
    this.#limits = limits;
  }

  get reserved(): number {
    return this.#total;
  }

  /** How many counters are kept. */
  get size(): number {
    return this.#identities.size + this.#prefixes.size;
  }

  /** Takes one allocation for as long as it lives, or nothing at all. */
  reserve(identity: string, client: IpAddress): 'reserved' | QuotaRefusal {
    const prefix = sourcePrefixKey(client);
    if (this.#total >= this.#limits.allocations) return 'total-quota';
    if (this.#prefixes.of(prefix) >= this.#limits.allocationsPerSourcePrefix) return 'prefix-quota';
    const known = identity !== ANONYMOUS;
    if (known && this.#identities.of(identity) >= this.#limits.allocationsPerIdentity) return 'user-quota';
    if (known) this.#identities.add(identity);
    this.#prefixes.add(prefix);
    this.#total++;
    return 'reserved';
  }

  /** Gives back what one `reserve` with the same arguments took. */
  release(identity: string, client: IpAddress): void {
    assert(this.#total > 0, 'released more allocations than were reserved');
    if (identity !== ANONYMOUS) this.#identities.subtract(identity);
    this.#prefixes.subtract(sourcePrefixKey(client));
    this.#total--;
  }
}
