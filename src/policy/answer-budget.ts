import assert from 'node:assert';
import type { IpAddress, Millis, Transport } from '../wire/index.ts';
import { sourcePrefixHash } from './source-prefix.ts';

export interface AnswerLimits {
  /** The most bytes that may be answered per byte of a request, over UDP. */
  readonly factor: number;
  /** Answers that a source prefix gets per second in the long run; 0 is silence over UDP, Infinity turns the limit off. */
  readonly answersPerSecond: number;
  /** Answers that a rested source prefix gets at once. */
  readonly burst: number;
  /** How many prefixes are told apart; those that meet in one slot share. A power of two. */
  readonly slots: number;
}

/**
 * 50 a second and 200 at once leave room for an office behind one NAT whose every client begins a call, and keep what can be
 * reflected at a victim's network to some kilobytes a second.
 */
export const ANSWER_DEFAULTS: AnswerLimits = { factor: 2, answersPerSecond: 50, burst: 200, slots: 8192 };

/**
 * What may be answered to messages that nobody has vouched for, whose source may be forged. Fixed memory: one number per slot,
 * the time at which its bucket is full again (GCRA), so that refilling needs no timer.
 */
export class AnswerBudget {
  readonly #factor: number;
  readonly #interval: Millis;
  readonly #depth: Millis;
  readonly #fullAt: Float64Array;
  readonly #seed: number;

  /** `seed` is 32 secret random bits: whoever knew it could choose sources that exhaust another's slot. */
  constructor(limits: AnswerLimits, seed: number) {
    assert((limits.slots & (limits.slots - 1)) === 0 && limits.slots > 0, 'slots must be a power of two');
    this.#factor = limits.answersPerSecond > 0 ? limits.factor : 0;
    this.#interval = limits.answersPerSecond > 0 ? 1000 / limits.answersPerSecond : 0;
    // A little more, lest the rounding of large clocks cost an answer.
    this.#depth = this.#interval * (limits.burst + 0.1);
    this.#fullAt = new Float64Array(limits.slots).fill(Number.NEGATIVE_INFINITY);
    this.#seed = seed | 0;
  }

  /**
   * The most bytes of an answer to this request; 0 is silence. Ask only when an answer is due: what is not 0 is spent.
   * A stream's source is proven by its handshake, so there is no limit. Allocates nothing.
   */
  spend(transport: Transport, from: IpAddress, requestLength: number, now: Millis): number {
    if (transport !== 'udp') return Number.POSITIVE_INFINITY;
    const slot = sourcePrefixHash(from, this.#seed) & (this.#fullAt.length - 1);
    // A clock that was set back must not keep a bucket empty for longer than it takes to fill.
    const rested = Math.min(Math.max(this.#fullAt[slot]!, now), now + this.#depth);
    const fullAt = rested + this.#interval;
    const isEmpty = fullAt - now > this.#depth;
    this.#fullAt[slot] = isEmpty ? rested : fullAt;
    return isEmpty ? 0 : Math.floor(this.#factor * requestLength);
  }
}
