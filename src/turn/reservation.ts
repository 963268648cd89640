import type { IpAddress, Millis } from '../wire/index.ts';
import { type Deadlines, Timer } from './deadlines.ts';
import type { Effect } from './effects.ts';

/** RFC 8656 §7.2: held for at least 30 seconds. */
export const RESERVATION_LIFETIME: Millis = 30_000;
/** More than any client gathers at once; a pair of ports is asked for per media stream. */
export const MOST_PER_IDENTITY = 16;

/** Told of what other workers have to know: a token may come to any of them. */
export interface ReservationNews {
  onHeld(token: Uint8Array, reservation: Reservation): void;
  onClaimed(token: Uint8Array): void;
}

export interface Reservation {
  readonly identity: string;
  readonly ip: IpAddress;
  readonly port: number;
}

/** Ports held back by EVEN-PORT with R, each for one later Allocate of the same identity (RFC 8656 §7.2). */
export class Reservations {
  readonly #held = new Map<string, { readonly reservation: Reservation; readonly timer: Timer }>();
  readonly #perIdentity = new Map<string, number>();
  readonly #deadlines: Deadlines;
  readonly #news: ReservationNews | undefined;

  constructor(deadlines: Deadlines, news?: ReservationNews) {
    this.#deadlines = deadlines;
    this.#news = news;
  }

  get size(): number {
    return this.#held.size;
  }

  hasRoom(identity: string): boolean {
    return (this.#perIdentity.get(identity) ?? 0) < MOST_PER_IDENTITY;
  }

  hold(token: Uint8Array, reservation: Reservation, now: Millis): void {
    this.learn(token, reservation, now);
    this.#news?.onHeld(token, reservation);
  }

  /** Held by another worker. When nobody comes for it, releasing a port that is not ours does nothing. */
  learn(token: Uint8Array, reservation: Reservation, now: Millis): void {
    const key = keyOf(token);
    const timer = new Timer((_, effects) => {
      this.#forget(key);
      effects.push(release(reservation));
    });
    this.#held.set(key, { reservation, timer });
    this.#perIdentity.set(reservation.identity, (this.#perIdentity.get(reservation.identity) ?? 0) + 1);
    this.#deadlines.wakeBy(timer, now + RESERVATION_LIFETIME);
  }

  /** What the token stands for, if it is this identity's. */
  find(token: Uint8Array, identity: string): Reservation | undefined {
    const reservation = this.#held.get(keyOf(token))?.reservation;
    return reservation?.identity === identity ? reservation : undefined;
  }

  /** Hands the port over: from here on the relay that asked for it owns it. */
  claim(token: Uint8Array): void {
    const held = this.#held.get(keyOf(token));
    if (held === undefined) return;
    this.#deadlines.remove(held.timer);
    this.#forget(keyOf(token));
    this.#news?.onClaimed(token);
  }

  /** Claimed at another worker: its relay has the port, which is kept from others by the system now. */
  claimedElsewhere(token: Uint8Array, effects: Effect[]): void {
    const held = this.#held.get(keyOf(token));
    if (held === undefined) return;
    this.#deadlines.remove(held.timer);
    this.#forget(keyOf(token));
    effects.push(release(held.reservation));
  }

  releaseAll(effects: Effect[]): void {
    for (const [key, { reservation, timer }] of this.#held) {
      this.#deadlines.remove(timer);
      this.#forget(key);
      effects.push(release(reservation));
    }
  }

  #forget(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    const { identity } = held.reservation;
    const left = (this.#perIdentity.get(identity) ?? 1) - 1;
    if (left > 0) this.#perIdentity.set(identity, left);
    else this.#perIdentity.delete(identity);
  }
}

export function release({ ip, port }: Pick<Reservation, 'ip' | 'port'>): Effect {
  return { do: 'release-reservation', ip, port };
}

function keyOf(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.byteLength).toString('hex');
}
