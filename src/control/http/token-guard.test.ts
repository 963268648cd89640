import { expect, test } from 'vitest';
import { TokenGuard } from './token-guard.ts';

test('only the token itself is accepted', () => {
  const guard = new TokenGuard('t0ken', () => 0);
  expect(guard.check('t0ken', '192.0.2.1')).toBe('accepted');
  for (const wrong of ['t0ke', 't0ken ', 'T0KEN', 't0ken\0'])
    expect(guard.check(wrong, '192.0.2.1')).toBe('wrong-token');
  for (const none of [undefined, '']) expect(guard.check(none, '192.0.2.1')).toBe('no-token');
});

test('after ten wrong tokens an address is refused even with the right one, until time has passed', () => {
  let now = 0;
  const guard = new TokenGuard('t0ken', () => now);
  for (let i = 0; i < 10; i++) expect(guard.check('guess', '192.0.2.1')).toBe('wrong-token');
  expect(guard.check('t0ken', '192.0.2.1')).toBe('too-many-failures');
  expect(guard.check('t0ken', '192.0.2.2')).toBe('accepted');
  now = 6000;
  expect(guard.check('t0ken', '192.0.2.1')).toBe('accepted');
  expect(guard.check('guess', '192.0.2.1')).toBe('wrong-token');
  expect(guard.check('guess', '192.0.2.1')).toBe('too-many-failures');
});

test('throttled tries do not make the wait longer', () => {
  let now = 0;
  const guard = new TokenGuard('t0ken', () => now);
  for (let i = 0; i < 1000; i++) guard.check('guess', '192.0.2.1');
  now = 6000;
  expect(guard.check('t0ken', '192.0.2.1')).toBe('accepted');
});

test('a right token among few wrong ones is not held against anybody', () => {
  const guard = new TokenGuard('t0ken', () => 0);
  for (let i = 0; i < 9; i++) guard.check('guess', '192.0.2.1');
  for (let i = 0; i < 100; i++) expect(guard.check('t0ken', '192.0.2.1')).toBe('accepted');
});

test('a hundred thousand guessing addresses leave the last thousand remembered and the guard working', () => {
  const guard = new TokenGuard('t0ken', () => 0);
  for (let i = 0; i < 100_000; i++) guard.check('guess', `2001:db8::${i.toString(16)}`);
  for (let i = 0; i < 9; i++) expect(guard.check('guess', '2001:db8::1869f')).toBe('wrong-token');
  expect(guard.check('t0ken', '2001:db8::1869f')).toBe('too-many-failures');
});
