import type { Config } from '../../control/index.ts';
import { loadNative } from '../../native/index.ts';
import type { Logger } from '../log.ts';
import { usableCores } from './cores.ts';

/** A worker with fewer relay ports than this would run out of them while others still have some. */
const PORTS_WORTH_A_WORKER = 256;
/** An even one and the next. */
const LEAST_PORTS = 2;

/** How many processes the edge is to be; when that is fewer than wanted, the log says why, once. */
export function workerCount(config: Config, log: Logger): number {
  const wanted = config.workers === 'auto' ? usableCores() : config.workers;
  if (wanted === 1) return 1;
  const { workers, reason } = possible(config, wanted);
  if (reason !== undefined)
    log[config.workers === 'auto' ? 'info' : 'warn']({ wanted, workers, reason }, 'fewer workers');
  return workers;
}

function possible({ engines, relayPorts, workers }: Config, wanted: number): { workers: number; reason?: string } {
  const native = engines[0] === 'mmsg' ? loadNative() : 'several processes need mmsg as the first of engines';
  if (typeof native === 'string') return { workers: 1, reason: native };
  const ports = relayPorts.last - relayPorts.first + 1;
  const most = Math.max(1, Math.floor(ports / (workers === 'auto' ? PORTS_WORTH_A_WORKER : LEAST_PORTS)));
  if (most >= wanted) return { workers: wanted };
  return { workers: most, reason: `${ports} relay ports are not enough for more` };
}
