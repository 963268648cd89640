import type { Quotas } from '../policy/index.ts';
import type { Client, Questions, QuotaRefusal } from '../turn/index.ts';
import type { ClientId } from '../wire/index.ts';

/** What became of a place that was asked for: 'given-back' when nobody wants it any more, 'denied' when nobody said anything in time. */
export type PlaceOutcome = 'reserved' | QuotaRefusal | 'denied' | 'given-back';

/** Who may have another allocation: known at once in one process, asked of the supervisor in a worker. */
export interface AllocationQuotas extends Pick<Questions, 'reserve' | 'release'> {
  /** Calls back, now or later, once it is known whether the client has its place. */
  settled(client: ClientId, then: (outcome: PlaceOutcome) => void): void;
}

/** The quotas of an edge that is one process: what `reserve` says is final. */
export function quotasAtHand(quotas: Quotas): AllocationQuotas {
  return {
    reserve: (identity: string, { address }: Client) => quotas.reserve(identity, address),
    release: (identity: string, { address }: Client) => quotas.release(identity, address),
    settled: (_, then) => then('reserved'),
  };
}
