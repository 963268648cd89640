import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const DATAGRAMS = 400_000;

test('what the engine does for 400,000 datagrams allocates nothing, and no memory grows', {
  timeout: 60_000,
}, async () => {
  const script = fileURLToPath(new URL('../../conformance/ping-pong.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, `${DATAGRAMS}`]);
  const { inTurns, heapGrowth, keptGrowth, externalGrowth } = JSON.parse(stdout.slice(stdout.indexOf('done') + 4));
  // One small object for each datagram would be 9,600,000 bytes; functions that are compiled meanwhile take up to some 100,000.
  expect(inTurns).toBeLessThan(500_000);
  expect(heapGrowth).toBeLessThan(6_000_000); // 2,700,000, however many datagrams: what the profiler of the heap itself keeps, and garbage of node's callbacks
  expect(keptGrowth).toBeLessThan(500_000); // 160,000: the inspector and what was compiled
  expect(externalGrowth).toBeLessThan(100_000);
});
