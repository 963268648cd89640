import type { SipArrival } from '../../wire/index.ts';

/** A connection that carries SIP, whatever it is made of. */
export interface SipLine {
  send(bytes: Uint8Array): void;
  /** Closes it after what has been sent. */
  end(): void;
}

/** What happens on one. After `onEnd` nothing does. */
export interface SipLineEvents {
  onArrival(arrival: SipArrival): void;
  onEnd(): void;
}

export interface SipLineLimits {
  /** A first message, and the end of each that has begun, must have come after this long. */
  readonly messageMillis: number;
  /** Nothing at all for this long: it is dead. */
  readonly idleMillis: number;
  /** Bytes waiting for one that does not read. */
  readonly buffer: number;
}
