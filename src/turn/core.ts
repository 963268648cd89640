import type { Allocations } from './allocations.ts';
import type { Deadlines } from './deadlines.ts';
import type { Nonces } from './nonce.ts';
import type { PeerConnections } from './peer-connections.ts';
import type { PacketSink, Questions, TurnSettings } from './questions.ts';
import type { Reservations } from './reservation.ts';

/** What every method of every dialect works with: one core of state under them all. */
export interface Core {
  readonly settings: TurnSettings;
  readonly questions: Questions;
  readonly sink: PacketSink;
  readonly allocations: Allocations;
  readonly reservations: Reservations;
  readonly deadlines: Deadlines;
  readonly nonces: Nonces;
  readonly connections: PeerConnections;
}
