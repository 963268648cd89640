import { randomBytes } from 'node:crypto';
import type { Config, PortRange } from '../control/index.ts';
import type { FirstUse } from '../credentials/index.ts';
import type { ReservationNews } from '../turn/index.ts';
import { type AllocationQuotas, quotasAtHand } from './allocation-quotas.ts';
import type { Certificate } from './certificate.ts';
import { quotasFrom } from './from-config.ts';
import { type ListeningSocket, socketsOf } from './listeners/listeners.ts';

/** What a relay service has of its own in an edge of one process, and shares with others as a worker: then its supervisor gives it. */
export interface Seat {
  readonly isWorker: boolean;
  /** Which of the workers this is, from 0. */
  readonly index: number;
  /** How many share the ports. */
  readonly workers: number;
  /** The relay ports of all of them. */
  readonly relayPorts: PortRange;
  readonly sockets: readonly ListeningSocket[];
  /** The same for all and through restarts: a nonce is good whichever worker gave it. */
  readonly nonceKey: Uint8Array;
  readonly certificate: Certificate;
  readonly quotas: AllocationQuotas;
  readonly reservations: ReservationNews | undefined;
  readonly onFirstUse: (use: FirstUse) => void;
}

/** The seat of a service that shares nothing. */
export function onlySeat(config: Config, certificate: Certificate): Seat {
  return {
    isWorker: false,
    index: 0,
    workers: 1,
    relayPorts: config.relayPorts,
    sockets: socketsOf(config),
    nonceKey: randomBytes(32),
    certificate,
    quotas: quotasAtHand(quotasFrom(config)),
    reservations: undefined,
    onFirstUse: () => {},
  };
}
