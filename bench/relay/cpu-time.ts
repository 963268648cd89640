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

const NANOS_PER_TICK = 1e7; // USER_HZ is 100 wherever Linux runs

/** Nanoseconds that all CPUs together have been busy, for whomever. */
export function busyNanos(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync('/proc/stat', 'utf8')
    .slice('cpu'.length, 200)
    .trim()
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * NANOS_PER_TICK;
}
