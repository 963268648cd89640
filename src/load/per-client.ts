import { formatAddress } from '../wire/index.ts';
import type { ClientReport } from './report.ts';
import type { Session } from './session.ts';
import type { Traffic } from './traffic.ts';

/** Each client's own counts, and where it was served. */
export function perClient(
  { sentBy, receipts }: Traffic,
  sessions: readonly Session[],
  active: readonly number[],
): ClientReport[] {
  return active.map(client => {
    const { relay } = sessions[client]!;
    const where = relay === undefined ? '' : formatAddress(relay);
    return { relay: where, sent: sentBy[client]!, received: receipts.counts[client]! };
  });
}
