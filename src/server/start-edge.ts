import type { Config } from '../control/index.ts';
import { loadNative } from '../native/index.ts';
import { Edge } from './edge.ts';
import type { Logger } from './log.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { workerCount } from './supervisor/worker-count.ts';

/** What an edge of one process and one of several have in common. */
export type RunningEdge = Pick<
  Edge,
  'ports' | 'accessInfo' | 'adminUrl' | 'callPage' | 'minter' | 'readiness' | 'metrics' | 'reloadCertificate' | 'close'
>;

/** Starts an edge with as many processes as its configuration wants and this machine can have. */
export function startEdge(config: Config, log: Logger): Promise<RunningEdge> {
  const workers = workerCount(config, log);
  const native = loadNative();
  if (workers === 1 || typeof native === 'string') return Edge.start(config, { log });
  return Supervisor.start(config, { log, native, workers });
}
