import { type Config, type MetricSources, Metrics } from '../control/index.ts';
import type { SocketEngine } from '../dataplane/index.ts';
import { processFigures, version } from './system.ts';

/** The metrics of one process that relays; the rest of what they need is asked of the engine and the system. */
export function serviceMetrics(
  config: Config,
  engine: SocketEngine,
  isWorker: boolean,
  sources: Pick<MetricSources, 'allocations' | 'connections' | 'certificateExpiresAt'>,
): Metrics {
  return new Metrics({
    ...sources,
    version,
    nodeVersion: process.version,
    engine: engine.name,
    traffic: () => engine.counters(),
    relayPorts: () => relayPorts(config, engine),
    // A worker is counted by its supervisor.
    workers: () => ({ serving: isWorker ? 0 : 1, restarts: 0 }),
    process: processFigures,
  });
}

function relayPorts({ external, relayPorts }: Config, engine: SocketEngine): { used: number; size: number } {
  const { addresses } = external;
  const used = addresses.reduce((n, ip) => n + engine.inUse(ip).ports.used, 0);
  return { used, size: addresses.length * (relayPorts.last - relayPorts.first + 1) };
}
