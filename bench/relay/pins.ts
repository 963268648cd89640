import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The processors that the server and the generator are kept on; undefined where they can't be. */
export interface Pins {
  readonly server: number | undefined;
  readonly generator: number | undefined;
}

/** One each, so that neither takes time of the other. */
export function choosePins(): Pins {
  const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;
  return canPin ? { server: 0, generator: 1 } : { server: undefined, generator: undefined };
}

export function pinned(command: readonly string[], processor: number | undefined): string[] {
  return processor === undefined ? [...command] : ['taskset', '-c', `${processor}`, ...command];
}
