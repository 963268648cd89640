/** The STUN and TURN server as state machines. */

export type { Arrival } from './connect.ts';
export * from './effects.ts';
export { COMPACT_LENGTH, FULL_LENGTH, MOST_LIFETIME_SECONDS } from './nonce.ts';
export * from './questions.ts';
export type { Reservation, ReservationNews } from './reservation.ts';
export { type Counts, type Session, TurnServer } from './turn-server.ts';
