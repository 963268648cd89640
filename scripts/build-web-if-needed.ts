import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const SOURCES = ['web', 'package-lock.json'];
const RESULT = 'dist/web/index.html';

/** Builds the web pages when they are missing or older than what they are made from; run before `npm start` and `npm test`. */
if (isStale()) {
  process.stderr.write('building the web pages (dist/web) ...\n');
  const npm = spawnSync('npm', ['run', '--silent', 'build:web'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (npm.error !== undefined) throw npm.error;
  process.exitCode = npm.status ?? 1;
}

function isStale(): boolean {
  const result = join(ROOT, RESULT);
  return !existsSync(result) || SOURCES.some(source => newest(join(ROOT, source)) > statSync(result).mtimeMs);
}

function newest(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const names = readdirSync(path).filter(name => name !== 'node_modules' && !name.endsWith('.test.ts'));
  return Math.max(0, ...names.map(name => newest(join(path, name))));
}
