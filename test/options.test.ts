import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { options, optionsPage } from '../src/control/config/index.ts';
import { OPTION_TESTS } from './options.ts';

const root = new URL('../', import.meta.url);
const known = options().map(option => option.path);

test('every option has a test that fails when it is ignored', () => {
  const missing = known.filter(path => OPTION_TESTS[path] === undefined);
  expect(missing, 'options without a row in test/options.ts').toEqual([]);
});

test('every row of test/options.ts is about an option that exists', () => {
  expect(Object.keys(OPTION_TESTS).filter(path => !known.includes(path))).toEqual([]);
});

test('every test named in test/options.ts exists and is run', () => {
  const absent = Object.entries(OPTION_TESTS).filter(([, { file, test }]) => !isRun(file, test));
  expect(absent.map(([path, { file, test }]) => `${path}: no test '${test}' in ${file}`)).toEqual([]);
});

test('docs/options.md is what schema and manifest make it', async () => {
  await expect(optionsPage(OPTION_TESTS)).toMatchFileSnapshot('../docs/options.md');
});

/** Whether the file has a test of this name that is not skipped. */
function isRun(file: string, name: string): boolean {
  const url = new URL(file, root);
  if (!existsSync(url)) return false;
  const source = readFileSync(url, 'utf8');
  return [`'${name.replaceAll("'", "\\'")}'`, `"${name}"`, `\`${name}\``].some(quoted => {
    const before = source.slice(0, Math.max(0, source.indexOf(`${quoted},`))).trimEnd();
    return before.endsWith('(') && !/\.(?:skip|todo|skipIf)\($/.test(before);
  });
}
