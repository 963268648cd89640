import { expect, test } from 'vitest';
import { type Attempt, Lockouts } from './lockouts.ts';

const settings = { tries: 3, triesPerAddress: 5, seconds: 60 };

test('tries that are under way count as wrong until they end', () => {
  const lockouts = new Lockouts(settings);
  const attempts = [1, 2, 3].map(() => lockouts.begin('alice', 'a', 0) as Attempt);
  expect(lockouts.begin('alice', 'a', 0)).toBe('too-many-at-once');
  expect(typeof lockouts.begin('bob', 'a', 0)).toBe('object');
  attempts[0]!.end(undefined, 0);
  expect(typeof lockouts.begin('alice', 'a', 0)).toBe('object');
});

test('three that were wrong lock out; what nobody could tell counts for nothing', () => {
  const lockouts = new Lockouts(settings);
  const end = (isRight: boolean | undefined) => (lockouts.begin('alice', 'a', 0) as Attempt).end(isRight, 0);
  for (let i = 0; i < 9; i++) end(undefined);
  end(false);
  end(false);
  expect(lockouts.isLocked('alice', 'a', 0)).toBe(false);
  end(false);
  expect(lockouts.begin('alice', 'a', 0)).toBe('locked-out');
  expect(typeof lockouts.begin('alice', 'b', 0)).toBe('object');
  expect(typeof lockouts.begin('alice', 'a', 60_000)).toBe('object');
});

test('a right one makes up for the wrong ones before; an address has tries for all its users', () => {
  const lockouts = new Lockouts(settings);
  const end = (user: string, isRight: boolean) => (lockouts.begin(user, 'a', 0) as Attempt).end(isRight, 0);
  for (const isRight of [false, false, true, false, false]) end('alice', isRight);
  expect(lockouts.isLocked('alice', 'a', 0)).toBe(false);
  end('bob', false);
  expect(lockouts.begin('carol', 'a', 0)).toBe('locked-out');
});
