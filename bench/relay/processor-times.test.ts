import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { processorTimes } from './processor-times.ts';

test('what was stolen is read beside all there was, guests not counted twice', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const path = join(folder, 'stat');
  writeFileSync(path, 'cpu  100 1 50 800 5 0 4 40 30 0\ncpu0 50 0 25 400 2 0 2 20 15 0\n');
  expect(processorTimes(path)).toEqual({ all: 1000, stolen: 40 });
  expect(processorTimes(join(folder, 'missing'))).toBeUndefined();
  rmSync(folder, { recursive: true });
});
