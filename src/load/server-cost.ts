import { readdirSync, readFileSync } from 'node:fs';

/** What a server's processes have used so far. */
export interface Usage {
  /** Time on a processor, of all threads, by the scheduler's account. */
  readonly cpuNanos: number;
  readonly rssBytes: number;
}

const TICK_NANOS = 10_000_000;

/**
 * Reads what a process and those it started have used. Linux only: undefined where there is no /proc, or the process is gone.
 * Time of threads that have ended is not in it, and relays keep theirs.
 */
export function usageOf(pid: number): Usage | undefined {
  const own = usageOfOne(pid);
  if (own === undefined) return undefined;
  let { cpuNanos, rssBytes } = own;
  for (const child of childrenOf(pid)) {
    const usage = usageOf(child);
    cpuNanos += usage?.cpuNanos ?? 0;
    rssBytes += usage?.rssBytes ?? 0;
  }
  return { cpuNanos, rssBytes };
}

function usageOfOne(pid: number): Usage | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const cpuNanos = threads.reduce((sum, thread) => sum + runTimeOf(`/proc/${pid}/task/${thread}`), 0);
    const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return { cpuNanos, rssBytes: Number(rss ?? 0) * 1024 };
  } catch {
    return undefined;
  }
}

/** Nanoseconds on a processor; from the coarser clock where the kernel keeps no scheduler statistics. */
function runTimeOf(task: string): number {
  try {
    return Number(readFileSync(`${task}/schedstat`, 'latin1').split(' ', 1)[0]);
  } catch {
    return ticksOf(task) * TICK_NANOS;
  }
}

function ticksOf(task: string): number {
  try {
    const fields = afterName(readFileSync(`${task}/stat`, 'latin1'));
    return Number(fields[11]) + Number(fields[12]); // utime and stime
  } catch {
    return 0; // the thread has just ended
  }
}

export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(other => parentOf(other) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(afterName(readFileSync(`/proc/${pid}/stat`, 'latin1'))[1]);
  } catch {
    return undefined;
  }
}

/** A process may call itself anything, so what follows the name is looked for from the end. */
function afterName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
