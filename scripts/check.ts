import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** What a commit needs, in the order in which it fails fastest. Each is a command that can be run by itself. */
const STEPS: readonly { readonly name: string; readonly command: readonly string[]; readonly needs?: string }[] = [
  { name: 'imports', command: ['node', 'scripts/check-imports.ts'] },
  { name: 'format', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: ['tsc', '-p', '.', '--noEmit'] },
  { name: 'web types', command: ['tsc', '-p', 'web', '--noEmit'], needs: 'web/tsconfig.json' },
  { name: 'lint', command: ['oxlint', '--deny-warnings'] },
  { name: 'unit', command: ['vitest', 'run', '--project', 'unit'] },
];

const failed = STEPS.filter(step => !run(step)).map(step => step.name);
if (failed.length > 0) {
  process.stderr.write(`check failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}

function run({ name, command, needs }: (typeof STEPS)[number]): boolean {
  if (needs !== undefined && !existsSync(join(ROOT, needs))) return true;
  const [program = '', ...rest] = command;
  const started = performance.now();
  const { status, stdout, stderr, error } = spawnSync(join(ROOT, 'node_modules/.bin', program), rest, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const isFine = status === 0;
  process.stdout.write(`${isFine ? 'ok    ' : 'FAILED'}  ${name.padEnd(10)} ${seconds} s\n`);
  if (!isFine) process.stdout.write(`${stdout}${stderr}${error?.message ?? ''}\n`);
  else if (name === 'unit') process.stdout.write(`${stdout.trimEnd().split('\n').at(-1)}\n`);
  return isFine;
}
