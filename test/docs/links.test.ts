import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pages, ROOT, textOf } from './pages.ts';

describe.each(pages())('%s', page => {
  test('every link inside the repository leads somewhere', () => {
    const links = [...textOf(page).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map(([, link]) => link!);
    const local = links.filter(link => !/^[a-z]+:/.test(link));
    expect(local.filter(link => !existsSync(join(ROOT, dirname(page), link)))).toEqual([]);
  });

  test('every file of ours that it names exists', () => {
    const named = [...textOf(page).matchAll(/`((?:src|test|docs|scripts|bench|web)\/[\w./-]+)`/g)].map(
      ([, path]) => path!,
    );
    expect(named.filter(path => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
