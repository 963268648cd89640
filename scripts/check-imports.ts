import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix, relative, sep } from 'node:path';
import {
  CLOCK_GLOBALS,
  INNER_DOORS,
  MACHINE_GLOBALS,
  MACHINE_MODULES,
  ROOMS,
  type Room,
  TIMER_GLOBALS,
  WEAK_RANDOM,
} from './import-rules.ts';
import { type GlobalUse, type Import, scan } from './import-scan.ts';

/** What package.json lets the code import by name. */
export interface Packages {
  readonly runtime: readonly string[];
  readonly development: readonly string[];
}

/** Every breach of the import rules in one file, as `path:line: what`. `path` is relative to the repository, with slashes. */
export function breachesOf(path: string, text: string, packages: Packages): string[] {
  const { imports, globals } = scan(path, text);
  const found = [
    ...imports.flatMap(i =>
      locate(i.line, [breachOfPackage(path, i, packages), breachOfFolder(path, i), breachOfModule(path, i)]),
    ),
    ...globals.flatMap(g => locate(g.line, [breachOfGlobal(path, g)])),
  ];
  return found.map(({ line, what }) => `${path}:${line}: ${what}`);
}

function locate(line: number, whats: readonly (string | undefined)[]): { line: number; what: string }[] {
  return whats.filter(what => what !== undefined).map(what => ({ line, what }));
}

function breachOfFolder(path: string, { from, isType }: Import): string | undefined {
  if (!from.startsWith('.')) return undefined;
  const target = posix.join(posix.dirname(path), from);
  if (isTest(path)) return undefined;
  if (path.startsWith('web/')) return breachOfWeb(target, isType);
  if (!path.startsWith('src/')) return undefined;
  if (!target.startsWith('src/')) return `${from} is outside src: only tests import it`;
  if (isTest(target)) return `${from} is a test`;
  const [here, there] = [roomOf(path), roomOf(target)];
  if (here === undefined || there === undefined) return `${from}: its folder is not in scripts/import-rules.ts`;
  if (here.path === there.path) return undefined;
  return breachOfDoor(here, there, target.slice('src/'.length), from);
}

function breachOfDoor(here: Room, there: Room, target: string, from: string): string | undefined {
  // inside one room, a stricter inner folder sees all of it, and is itself seen through its door
  if (topOf(here.path) === topOf(there.path)) {
    const isFine = here.path.startsWith(`${there.path}/`) || posix.basename(target) === 'index.ts';
    return isFine ? undefined : `${from} is behind a door: import ${there.path}/index.ts`;
  }
  const folder = posix.dirname(target);
  const isAllowed =
    here.mayImport.includes(there.path) ||
    here.mayImport.includes(folder) ||
    here.mayImport.includes(topOf(there.path));
  if (!isAllowed) return `${here.path || 'src'} may not import ${there.path || 'src'} (${from})`;
  const isDoor = posix.basename(target) === 'index.ts' && (folder === topOf(folder) || INNER_DOORS.includes(folder));
  return isDoor ? undefined : `${from} is behind a door: import ${topOf(there.path)}/index.ts`;
}

function breachOfWeb(target: string, isType: boolean): string | undefined {
  return target.startsWith('web/') || isType ? undefined : `web takes only types from outside itself (${target})`;
}

function breachOfModule(path: string, { from, isType }: Import): string | undefined {
  if (!path.startsWith('src/') || isTest(path)) return undefined;
  if (isBuiltin(from) && !from.startsWith('node:')) return `write node:${from}`;
  if (isType || !MACHINE_MODULES.includes(from.replace(/^(node:\w+)\/.*/, '$1'))) return undefined;
  return roomOf(path)?.mayTouchMachine === true ? undefined : `${nameOf(path)} may not use ${from}`;
}

function breachOfPackage(path: string, { from, isType }: Import, packages: Packages): string | undefined {
  if (from.startsWith('.') || isBuiltin(from)) return undefined;
  const name = from.split('/', from.startsWith('@') ? 2 : 1).join('/');
  if (packages.runtime.includes(name)) return undefined;
  const mayUseDevelopment = !path.startsWith('src/') || isTest(path);
  if (packages.development.includes(name) && (mayUseDevelopment || isType)) return undefined;
  return packages.development.includes(name) ? `${name} is a development dependency` : `${name} is not in package.json`;
}

function breachOfGlobal(path: string, { name }: GlobalUse): string | undefined {
  if (!path.startsWith('src/')) return undefined;
  if (WEAK_RANDOM.includes(name)) return `${name} can be foretold: take node:crypto's, or be handed random`;
  if (isTest(path)) return undefined;
  const room = roomOf(path);
  const isAllowed =
    (room?.mayTouchMachine === true && MACHINE_GLOBALS.includes(name)) ||
    (room?.mayTellTime === true && CLOCK_GLOBALS.includes(name)) ||
    (room?.mayUseTimers === true && TIMER_GLOBALS.includes(name));
  return isAllowed ? undefined : `${nameOf(path)} may not use ${name}`;
}

/** Tests stand beside what they test; `conformance` is a suite that tests of several engines share. */
function isTest(path: string): boolean {
  const isShipped = path.startsWith('src/') || path.startsWith('web/');
  return !isShipped || /(\.test|\.fuzz|\/conformance)\.tsx?$|\/conformance\//.test(path);
}

function roomOf(path: string): Room | undefined {
  const folder = posix.dirname(path).replace(/^src\/?/, '');
  return ROOMS.find(room => folder === room.path || (room.path !== '' && folder.startsWith(`${room.path}/`)));
}

function nameOf(path: string): string {
  return roomOf(path)?.path || posix.dirname(path);
}

function topOf(folder: string): string {
  return folder.split('/')[0] ?? '';
}

function* sourcesBelow(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && !['node_modules', 'dist', 'corpus'].includes(entry.name)) yield* sourcesBelow(path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

function main(root: string): void {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const packages = {
    runtime: Object.keys(manifest.dependencies),
    development: [...Object.keys(manifest.devDependencies), manifest.name],
  };
  const files = ['src', 'web', 'test', 'bench', 'scripts'].flatMap(folder => [...sourcesBelow(join(root, folder))]);
  const breaches = files.flatMap(file =>
    breachesOf(relative(root, file).replaceAll(sep, '/'), readFileSync(file, 'utf8'), packages),
  );
  if (breaches.length > 0)
    process.stderr.write(`${breaches.join('\n')}\n${breaches.length} breaches of the import rules\n`);
  process.exitCode = breaches.length > 0 ? 1 : 0;
}

if (import.meta.main) main(join(import.meta.dirname, '..'));
