import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SipUsers } from './sip-users.ts';
import { newUsersText, textWithoutUser, textWithUser } from './users-edit.ts';
import { readUsersText, type UsersDocument } from './users-text.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

describe('a file of users', () => {
  test('is written and read again, comments and all', () => {
    const first = textWithUser(read(newUsersText('example.test')), {
      name: 'alice',
      password: 'wonderland',
      aliases: ['sip:Al@EXAMPLE.test'],
    });
    const commented = first.replace('  alice:', '  # the first\n  alice:');
    const second = textWithUser(read(commented), {
      name: 'bob',
      password: 'builder',
      side: 'internal',
      algorithm: 'SHA-256',
    });
    expect(second).toContain('# the first');
    expect(second).not.toMatch(/wonderland|builder/);
    expect(read(second).file.users).toMatchObject({
      alice: { side: 'any', algorithm: 'MD5', aliases: ['sip:Al@example.test'] },
      bob: { side: 'internal', algorithm: 'SHA-256', aliases: [] },
    });
    expect(Object.keys(read(textWithoutUser(read(second), 'alice')).file.users)).toEqual(['bob']);
  });

  test('knows each user by both names, for both algorithms', () => {
    const users = usersOf(['alice']);
    expect(users.secret('alice', 'MD5')!.ha1).toBe(md5('alice:example.test:alice-password'));
    expect(users.secret('alice@example.test', 'MD5')!.ha1).toBe(md5('alice@example.test:example.test:alice-password'));
    expect(users.secret('alice', 'SHA-256')!.ha1).toHaveLength(64);
    expect(users.secret('nobody', 'MD5')).toBeUndefined();
    expect(users.secret('__proto__', 'MD5')).toBeUndefined();
    expect(users.size).toBe(1);
  });

  test('finds a user by address and alias', () => {
    const text = textWithUser(read(newUsersText('example.test')), {
      name: 'alice',
      password: 'x',
      aliases: ['sip:al@other.test'],
      side: 'external',
    });
    const users = new SipUsers(read(text).file);
    const alice = {
      record: 'sip:alice@example.test',
      aliases: ['sip:al@other.test'],
      algorithm: 'MD5',
      side: 'external',
    };
    expect([
      users.user('sip:alice@example.test'),
      users.user('sip:al@other.test'),
      users.user('sip:al@example.test'),
    ]).toEqual([alice, alice, undefined]);
  });

  test('tells who has gone or has another password', () => {
    const before = usersOf(['alice', 'bob', 'carol']);
    const after = usersOf(['alice', 'bob', 'dave'], { bob: 'other' });
    expect(after.changedFrom(before)).toEqual(['sip:bob@example.test', 'sip:carol@example.test']);
    expect(before.changedFrom(before)).toEqual([]);
  });
});

describe('what is wrong is said with its line, and no hash', () => {
  const GOOD = textWithUser(read(newUsersText('example.test')), { name: 'alice', password: 'x' });

  test.each([
    ['no YAML', 'users: [', /^\d+ /],
    ['no domain', 'users: {}', /domain/],
    ['a domain in capitals', 'domain: EXAMPLE.test', /1 domain: must be a domain in lower case/],
    ['an unknown key', `${GOOD}more: 1\n`, /Unrecognized key/i],
    ['a name with blanks', GOOD.replace('alice:', '"al ice":'), /users/],
    [
      'a short hash',
      GOOD.replace(/[0-9a-f]{32}/, 'abc'),
      /12 users\.alice\.hashes\.MD5\.0: must be 32 hexadecimal digits/,
    ],
    ['an alias that is none', GOOD.replace('aliases: []', 'aliases: [al]'), /must be an address such as/],
    ['a strange side', GOOD.replace('side: any', 'side: left'), /users\.alice\.side/],
    ['a user twice', GOOD + GOOD.slice(GOOD.indexOf('  alice:')), /duplicate key/],
    ['an address of two', GOOD.replace('aliases: []', 'aliases: ["sip:alice@example.test"]'), /is alice's/],
    ['aliases of YAML', 'domain: &a example.test\nusers: *a', /./],
  ])('%s', (_, text, expected) => {
    const problems = readUsersText(text);
    if ('file' in problems) throw new Error('accepted');
    const said = problems.map(({ line, what }) => `${line} ${what}`).join('\n');
    expect(said).toMatch(expected);
    expect(said).not.toMatch(/[0-9a-f]{32}/);
  });
});

function usersOf(names: readonly string[], passwords: Record<string, string> = {}): SipUsers {
  const text = names.reduce(
    (before, name) => textWithUser(read(before), { name, password: passwords[name] ?? `${name}-password` }),
    newUsersText('example.test'),
  );
  return new SipUsers(read(text).file);
}

function read(text: string): UsersDocument {
  const document = readUsersText(text);
  if ('file' in document) return document;
  throw new Error(JSON.stringify(document));
}
