import { describe, expect, test } from 'vitest';
import { usableCores } from './cores.ts';

describe('the CPUs this process may use are', () => {
  test.each([
    ['all it may run on, without a quota', {}, 8],
    [
      'as many as cgroup v2 allows',
      { '/proc/self/cgroup': '0::/a\n', '/sys/fs/cgroup/a/cpu.max': '200000 100000\n' },
      2,
    ],
    [
      'as many as the tightest group above allows',
      {
        '/proc/self/cgroup': '0::/a/b\n',
        '/sys/fs/cgroup/a/b/cpu.max': 'max 100000',
        '/sys/fs/cgroup/a/cpu.max': '300000 100000',
      },
      3,
    ],
    [
      "as many as a container's own root group allows",
      { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '150000 50000' },
      3,
    ],
    [
      'as many as cgroup v1 allows',
      {
        '/proc/self/cgroup': '5:cpu,cpuacct:/x\n1:name=systemd:/x\n',
        '/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us': '250000\n',
        '/sys/fs/cgroup/cpu/x/cpu.cfs_period_us': '100000\n',
      },
      2,
    ],
    [
      'all, when cgroup v1 has no quota',
      {
        '/proc/self/cgroup': '5:cpu:/\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      },
      8,
    ],
    ['never none', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '50000 100000' }, 1],
  ] as const)('%s', (_, files, cores) => {
    expect(usableCores(8, path => (files as Record<string, string>)[path])).toBe(cores);
  });
});
