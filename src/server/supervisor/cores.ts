import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';

type Read = (path: string) => string | undefined;

/** How many CPUs this process may keep busy: those it may run on, and no more than the quota of its control group allows. */
export function usableCores(parallelism: number = availableParallelism(), read: Read = textOf): number {
  return Math.max(1, Math.min(parallelism, Math.floor(cgroupCpus(read))));
}

/** The tightest CPU quota of this process's control group and those above it, in CPUs; Infinity without one. */
export function cgroupCpus(read: Read): number {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n').map(line => line.split(':'));
  const quotas = lines.flatMap(([id, controllers, path]) => {
    if (path === undefined) return [];
    if (id === '0') return upwards(path).map(group => unified(read(`/sys/fs/cgroup${group}/cpu.max`)));
    if (!controllers?.split(',').includes('cpu')) return [];
    return upwards(path).map(group => legacy(read, `/sys/fs/cgroup/cpu${group}`));
  });
  return Math.min(Infinity, ...quotas);
}

/** `/a/b`, `/a` and the root, which inside of a container is the container's own group. */
function upwards(path: string): string[] {
  const groups = [''];
  for (let at = posix.normalize(path); at !== '/' && at !== '.'; at = posix.dirname(at)) groups.push(at);
  return groups;
}

/** `cpu.max` of cgroup v2: quota and period in microseconds, or `max`. */
function unified(text: string | undefined): number {
  const [quota, period] = (text ?? 'max').trim().split(/\s+/);
  return quota === 'max' ? Infinity : asCpus(quota, period);
}

function legacy(read: Read, folder: string): number {
  return asCpus(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`));
}

/** A quota of -1 is none. */
function asCpus(quota: string | undefined, period: string | undefined): number {
  const cpus = Number(quota) / Number(period);
  return cpus > 0 ? cpus : Infinity;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
