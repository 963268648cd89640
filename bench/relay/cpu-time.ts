import { readdirSync, readFileSync } from 'node:fs';

/**
 * Nanoseconds a process has run on a CPU, all of its threads together, as the scheduler counted them: waiting is not in it, the kernel's
 * work on its behalf is. Linux only.
 */
export function cpuNanosOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map(thread => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]))
    .reduce((sum, nanos) => sum + nanos, 0);
}
