import { spawn } from 'node:child_process';
import { platform } from 'node:os';
import { expect, test } from 'vitest';
import { usageOf } from './server-cost.ts';

test.runIf(platform() === 'linux')(
  'time of a process is counted to the millisecond, and that of its children',
  async () => {
    const before = usageOf(process.pid)!;
    const until = performance.now() + 50;
    while (performance.now() < until);
    const after = usageOf(process.pid)!;
    expect(after.cpuNanos - before.cpuNanos).toBeGreaterThan(10e6);
    expect(after.rssBytes).toBeGreaterThan(10e6);

    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await new Promise(resolve => child.once('spawn', resolve));
    const both = usageOf(process.pid)!;
    const alone = usageOf(child.pid!)!;
    expect(both.rssBytes).toBeGreaterThan(alone.rssBytes);
    await new Promise(resolve => {
      child.once('exit', resolve);
      child.kill();
    });
  },
);

test('a process that does not exist has used nothing that could be told', () => {
  expect(usageOf(2 ** 30)).toBeUndefined();
});
