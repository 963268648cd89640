import type { AccessInfo } from '../../control/http/index.ts';
import type { Config, Figures, OperatorErrorCode, PortRange } from '../../control/index.ts';
import type { FirstUse } from '../../credentials/index.ts';
import type { QuotaRefusal, Reservation } from '../../turn/index.ts';
import type { TransportAddress } from '../../wire/index.ts';
import type { Pem } from '../certificate.ts';
import type { ListeningSocket } from '../listeners/listeners.ts';
import type { Summary } from '../reporter.ts';
import type { Readiness } from '../self-test.ts';

/*
 * What supervisor and worker say to each other, over the pipe between parent and child that nobody else can open.
 */

/** Everything a worker starts with. Its own share of the configuration, with the secrets in it: it reads no file. */
export interface StartOrder {
  readonly worker: number;
  readonly workers: number;
  /** Those of all workers. */
  readonly relayPorts: PortRange;
  readonly config: Config;
  readonly sockets: readonly ListeningSocket[];
  readonly ownEndpoints: readonly TransportAddress[];
  /** In base64: everything here is JSON. */
  readonly nonceKey: string;
  readonly pem: Pem;
  readonly selfSigned: boolean;
  readonly firstUses: readonly FirstUse[];
}

/** The same for the Access Edge, which is one process. */
export interface AccessOrder {
  readonly config: Config;
  readonly sockets: readonly ListeningSocket[];
  /** Where clients find the relay: credentials come with it. */
  readonly relays: { readonly udp: readonly TransportAddress[]; readonly tcp: readonly TransportAddress[] };
  readonly pem: Pem;
  readonly selfSigned: boolean;
  /** Origins of the admin listener's pages. */
  readonly pages: readonly string[];
}

/**
 * Places in the quotas, in order, flat: a place asked for is its number (above 0), the identity and the four words of the address;
 * a place given back is its number below 0.
 */
export type QuotaDeeds = readonly (number | string)[];
/** Flat: the number of the place, and what became of it. */
export type QuotaVerdicts = readonly (number | 'reserved' | QuotaRefusal)[];

/** A port is held back under a token (in hexadecimal) or, without `held`, the token has been used. */
export interface ReservationChange {
  readonly token: string;
  readonly held?: Reservation | undefined;
}

/** What can be asked of a worker, and the answers. */
export interface Answers {
  readonly figures: Figures;
  readonly readiness: Readiness;
  /** That its event loop turns; and what it did so far, for when it does not any more. */
  readonly pulse: Summary;
}

export type ToWorker = ToProcess<StartOrder>;
export type ToAccess = Extract<ToProcess<AccessOrder>, { do: 'start' | 'use-certificate' | 'tell' | 'stop' }>;

export type ToProcess<Order> =
  | { readonly do: 'start'; readonly order: Order }
  | { readonly do: 'settle'; readonly verdicts: QuotaVerdicts }
  | { readonly do: 'learn'; readonly uses: readonly FirstUse[] }
  | { readonly do: 'learn-reservation'; readonly change: ReservationChange }
  | { readonly do: 'use-certificate'; readonly pem: Pem; readonly selfSigned: boolean }
  | { readonly do: 'tell'; readonly what: keyof Answers; readonly question: number }
  | { readonly do: 'stop' };

export type FromWorker =
  | { readonly say: 'started' }
  | { readonly say: 'refused'; readonly code: OperatorErrorCode; readonly message: string; readonly remedy: string }
  /** By the Access Edge alone, before it has started. */
  | { readonly say: 'access'; readonly info: AccessInfo }
  | { readonly say: 'quotas'; readonly deeds: QuotaDeeds }
  | { readonly say: 'first-uses'; readonly uses: readonly FirstUse[] }
  | { readonly say: 'reservation'; readonly change: ReservationChange }
  | { readonly say: 'answer'; readonly question: number; readonly answer: Answers[keyof Answers] }
  | { readonly say: 'stopped'; readonly summary: Summary };
