import { readFileSync } from 'node:fs';

/** Of all processors, in ticks. */
export interface ProcessorTimes {
  readonly all: number;
  /** While the hypervisor ran something else. */
  readonly stolen: number;
}

/** The first line of /proc/stat; undefined where there is none. */
export function processorTimes(path = '/proc/stat'): ProcessorTimes | undefined {
  try {
    // user nice system idle iowait irq softirq steal; guests are in user already
    const ticks = readFileSync(path, 'utf8').split('\n', 1)[0]!.trim().split(/\s+/).slice(1, 9).map(Number);
    return { all: ticks.reduce((sum, one) => sum + one, 0), stolen: ticks[7] ?? 0 };
  } catch {
    return undefined;
  }
}
