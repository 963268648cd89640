import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requires } from '../testkit/requires.ts';
import { ROOT } from './pages.ts';

const isClone = { name: 'a git clone', isMet: () => existsSync(join(ROOT, '.git')) };

test('no tracked file names a folder of the machine it was written on', context => {
  requires(context, 'git', isClone);
  const home = /(^|[\s'"`(=:])\/(work|home|root|Users|mnt)\/[\w.-]+/m;
  expect(
    textFiles()
      .filter(([, text]) => home.test(text))
      .map(([path]) => path),
  ).toEqual([]);
});

test('the lock file names no registry, so that npm ci works anywhere', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const packages: { resolved?: string }[] = Object.values(lock.packages);
  expect(packages.filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});

function textFiles(): [path: string, text: string][] {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0');
  const texts = tracked.filter(path =>
    /(^|\/)(\.[\w/]+|[\w.-]+\.(md|tsx?|json|ya?ml|sh|css|html|svg|c))$|^\.ci\/run$/.test(path),
  );
  return texts.filter(path => existsSync(join(ROOT, path))).map(path => [path, readFileSync(join(ROOT, path), 'utf8')]);
}
