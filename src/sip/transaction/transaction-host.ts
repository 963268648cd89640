import type { Millis, SipResponse } from '../../wire/index.ts';
import type { Deadlines } from '../deadlines.ts';
import type { SipEffect } from '../effects.ts';

/** What a transaction lives in. */
export interface TransactionHost {
  readonly deadlines: Deadlines;
  /** It has ended: whoever listed it strikes it off. */
  ended(key: string): void;
  /** A request that came in has its final answer. */
  answered(method: string, status: number): void;
}

/** Who sent a request and waits for what comes of it (RFC 3261 §17.1: the transaction user). */
export interface ClientUser {
  onResponse(response: SipResponse, now: Millis, effects: SipEffect[]): void;
  /** No final response in time. */
  onTimeout(now: Millis, effects: SipEffect[]): void;
  /** Its flow is gone, or never came to be. */
  onUnreachable(now: Millis, effects: SipEffect[]): void;
}
