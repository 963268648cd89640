import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { type Import, scan } from '../../../scripts/import-scan.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

/** What a worker has to load before it serves decides how long its clients wait after a fault. */
test('a worker loads neither what reads configuration files nor what serves the admin API', () => {
  const packages = [...packagesOf(MAIN)].sort();
  expect(packages).toEqual(['@prometheus-io/client', 'ipaddr.js', 'pino']);
});

/** The packages that a file and all it imports need at once: not those that are imported where a function wants them. */
function packagesOf(file: string, seen = new Set<string>(), packages = new Set<string>()): Set<string> {
  if (seen.has(file)) return packages;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const { from } of scan(file, text).imports.filter(one => !one.isType && !isLate(one, text))) {
    if (from.startsWith('.')) packagesOf(join(dirname(file), from), seen, packages);
    else if (!from.startsWith('node:')) packages.add(from);
  }
  return packages;
}

function isLate({ line }: Import, text: string): boolean {
  return /\bawait import\(/.test(text.split('\n')[line - 1]!);
}
