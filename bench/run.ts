/**
 * The benchmarks that need nothing but Node: `npm run bench [-- --write]`, which puts what they show into docs/performance.md. The
 * comparison with coturn is `npm run bench:relay`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { writeToPage } from './page.ts';

const mayWrite = process.argv.includes('--write');

for (const name of ['flow-table', 'wire']) {
  const script = join(import.meta.dirname, `${name}.ts`);
  const { status, stdout } = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(`${name}\n${stdout}\n`);
  if (status !== 0) process.exitCode = 1;
  else if (mayWrite) writeToPage(`bench:${name}`, `\`\`\`text\n${stdout.trimEnd()}\n\`\`\``);
}
