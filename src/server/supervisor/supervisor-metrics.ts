import { Metrics } from '../../control/index.ts';
import { DROP_REASONS } from '../../dataplane/index.ts';
import { processFigures, version } from '../system.ts';

const NONE = { datagrams: 0, bytes: 0 };

/** What the supervisor itself has to tell: no traffic, but its workers, and what the admin API did. */
export function supervisorMetrics(
  workers: () => { readonly serving: number; readonly restarts: number },
  certificateExpiresAt: () => number,
): Metrics {
  const drops = Object.fromEntries(DROP_REASONS.map(reason => [reason, 0])) as Record<
    (typeof DROP_REASONS)[number],
    number
  >;
  return new Metrics({
    version,
    nodeVersion: process.version,
    engine: 'mmsg',
    traffic: () => ({ drops, receivedDatagrams: 0, relayedToPeers: NONE, relayedToClients: NONE, relayedAcross: NONE }),
    allocations: () => 0,
    connections: () => ({ tcp: 0, tls: 0 }),
    relayPorts: () => ({ used: 0, size: 0 }),
    certificateExpiresAt,
    workers,
    process: processFigures,
  });
}
