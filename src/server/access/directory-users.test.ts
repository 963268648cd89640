import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DirectoryUsers } from './directory-users.ts';

const ALICE = 'sip:alice@example.test';
const HOUR = 3_600_000;
const gone: string[] = [];

beforeEach(() => void vi.useFakeTimers({ now: 1_800_000_000_000 }));
afterEach(() => {
  vi.useRealTimers();
  gone.length = 0;
});

test('a user is known while his password lives, and his end is told once', () => {
  const users = usersOf();
  expect(users.user(ALICE)).toBeUndefined();
  const sip = users.admit('alice', Date.now() + HOUR)!;
  expect(users.user(ALICE)?.record).toBe(ALICE);
  expect(users.secret(sip.user, 'MD5')?.user.record).toBe(ALICE);
  vi.advanceTimersByTime(HOUR - 1);
  expect([users.user(ALICE)?.record, gone]).toEqual([ALICE, []]);
  vi.advanceTimersByTime(1);
  expect([users.user(ALICE), users.secret(sip.user, 'MD5'), gone]).toEqual([undefined, undefined, [ALICE]]);
});

test('a later password prolongs his stay and not the password before; an earlier one shortens nothing', () => {
  const users = usersOf();
  const first = users.admit('alice', Date.now() + HOUR)!;
  const second = users.admit('alice', Date.now() + 3 * HOUR)!;
  users.admit('alice', Date.now() + 2 * HOUR);
  vi.advanceTimersByTime(2.5 * HOUR);
  expect(users.secret(first.user, 'MD5')).toBeUndefined();
  expect(users.secret(second.user, 'MD5')?.user.record).toBe(ALICE);
  vi.advanceTimersByTime(HOUR);
  expect(gone).toEqual([ALICE]);
});

test('a full house takes nobody in, and turns nobody out', () => {
  const users = usersOf(2);
  for (const name of ['alice', 'bob']) expect(users.admit(name, Date.now() + HOUR)).toBeDefined();
  expect(users.admit('carol', Date.now() + HOUR)).toBeUndefined();
  expect(users.admit('alice', Date.now() + 2 * HOUR)).toBeDefined();
  vi.advanceTimersByTime(HOUR);
  expect(users.admit('carol', Date.now() + HOUR)).toBeDefined();
});

test.each([
  'alice',
  '.alice',
  '1800009999.',
  '1800009999.Alice',
  '1800009999.bob',
  '1799999999.alice',
  '9e99.alice',
  'x',
])('%s is the username of nobody', username => {
  const users = usersOf();
  users.admit('alice', Date.now() + HOUR);
  expect(users.secret(username, 'MD5')).toBeUndefined();
});

test('passwords differ by user, end and process', () => {
  const [one, other] = [usersOf(), usersOf()];
  const end = Date.now() + HOUR;
  const made = [
    one.admit('alice', end),
    one.admit('bob', end),
    one.admit('alice', end + 1000),
    other.admit('alice', end),
  ];
  expect(new Set(made.map(sip => sip!.password)).size).toBe(4);
});

function usersOf(most = 10): DirectoryUsers {
  return new DirectoryUsers({
    domain: 'example.test',
    most,
    wall: () => Date.now(),
    onGone: record => gone.push(record),
  });
}
