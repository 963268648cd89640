import type { PortRange } from '../control/index.ts';
import type { FirstUse } from '../credentials/index.ts';
import type { ReservationNews } from '../turn/index.ts';
import type { TransportAddress } from '../wire/index.ts';
import type { AllocationQuotas } from './allocation-quotas.ts';
import type { Certificate } from './certificate.ts';
import type { ListeningSocket } from './listeners/listeners.ts';

/** What a worker is given by its supervisor that an edge of one process makes for itself. */
export interface Seat {
  /** How many share the ports. */
  readonly workers: number;
  /** The relay ports of all of them. */
  readonly relayPorts: PortRange;
  readonly sockets: readonly ListeningSocket[];
  /** Where the supervisor listens: nothing that peers may reach. */
  readonly ownEndpoints: readonly TransportAddress[];
  /** The same for all and through restarts: a nonce is good whichever worker gave it. */
  readonly nonceKey: Uint8Array;
  readonly certificate: Certificate;
  readonly quotas: AllocationQuotas;
  readonly reservations: ReservationNews;
  readonly onFirstUse: (use: FirstUse) => void;
}
