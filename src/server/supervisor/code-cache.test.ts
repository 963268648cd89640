import { existsSync, statSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { CodeCache } from './code-cache.ts';

const before = process.env.NODE_COMPILE_CACHE;
afterEach(() => {
  if (before === undefined) delete process.env.NODE_COMPILE_CACHE;
  else process.env.NODE_COMPILE_CACHE = before;
});

test('is ours alone, and gone when it is removed', () => {
  delete process.env.NODE_COMPILE_CACHE;
  const cache = new CodeCache();
  expect(statSync(cache.folder!).mode & 0o777).toBe(0o700);
  expect(cache.environment).toEqual({ NODE_COMPILE_CACHE: cache.folder });
  cache.remove();
  expect(existsSync(cache.folder!)).toBe(false);
});

test('where nothing can be written there is none', () => {
  const cache = new CodeCache('/proc/nowhere');
  expect(cache.environment).toEqual({});
  cache.remove();
});

test('an operator who has a place for it keeps it', () => {
  process.env.NODE_COMPILE_CACHE = '/var/cache/node';
  const cache = new CodeCache();
  expect(cache.environment).toEqual({});
  cache.remove();
});
