import { describe, expect, test } from 'vitest';
import { longTermKey, type Millis, userhash } from '../wire/index.ts';
import type { Credential, MintedCredential, NoCredential } from './credential.ts';
import { type CredentialSettings, Credentials } from './credentials.ts';
import { restPassword } from './rest.ts';

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;
const REALM = 'example.test';

describe('minting', () => {
  test('gives a credential that is then found, with the key of its password', () => {
    const one = credentials();
    const minted = mint(one, 'alice');
    expect(minted).toEqual({
      username: `${(NOW + 8 * HOUR) / 1000}:alice`,
      password: restPassword('north-wind', minted.username),
      expiresAt: NOW + 8 * HOUR,
      lifetimeSeconds: 8 * 3600,
    });
    for (const algorithm of ['md5', 'sha-256'] as const) {
      expect(one.find(minted.username, algorithm, NOW)).toEqual({
        user: minted.username,
        identity: 'alice',
        keys: [longTermKey(algorithm, minted.username, REALM, minted.password)],
        expiresAt: minted.expiresAt,
      });
    }
  });

  test('gives the lifetime asked for, up to the configured one', () => {
    const one = credentials({ lifetimeSeconds: 3600 });
    expect(mint(one, 'alice').lifetimeSeconds).toBe(3600);
    expect(mint(one, 'alice', 60)).toMatchObject({ lifetimeSeconds: 60, expiresAt: NOW + 60_000 });
    expect(mint(one, 'alice', 86_400).lifetimeSeconds).toBe(3600);
    expect(mint(one, 'alice', Number.POSITIVE_INFINITY).lifetimeSeconds).toBe(3600);
  });

  test('never gives more than eight hours, whatever is configured', () => {
    expect(mint(credentials({ lifetimeSeconds: 86_400 }), 'alice', 86_400).lifetimeSeconds).toBe(8 * 3600);
  });

  test.each([0, -1, 0.5, Number.NaN])('refuses a lifetime of %d seconds', lifetime => {
    expect(credentials().mint('alice', lifetime, NOW)).toBe('lifetime-not-positive');
  });

  test('without a secret is refused', () => {
    expect(credentials({ secrets: [] }).mint('alice', undefined, NOW)).toBe('no-secret');
  });

  test('takes any user name that fits in USERNAME with its expiry', () => {
    const room = 508 - '1700028800:'.length;
    expect(mint(credentials(), 'x'.repeat(room)).username).toHaveLength(508);
    expect(credentials().mint('x'.repeat(room + 1), undefined, NOW)).toBe('user-too-long');
    expect(credentials().mint('é'.repeat(room / 2 + 1), undefined, NOW)).toBe('user-too-long');
    expect(credentials().mint('\ud800', undefined, NOW)).toBe('user-not-unicode');
  });

  test('for nobody in particular gives a bare expiry, whose identity is nobody', () => {
    const one = credentials();
    expect(mint(one, '').username).toBe('1700028800');
    expect(found(one.find('1700028800', 'md5', NOW)).identity).toBe('');
  });

  test.each(['a:b', ':', '%s%n', '"\'`;--', 'line\nline', 'nul\0nul', '__proto__', 'Zoë ☎', '١٢٣'])(
    'takes %j as a name and no more',
    user => {
      const one = credentials();
      const { username } = mint(one, user);
      expect(found(one.find(username, 'md5', NOW))).toMatchObject({ user: username, identity: user });
    },
  );
});

describe('several secrets', () => {
  test('the first mints, all verify, in their order', () => {
    const one = credentials({ secrets: ['new', 'old'] });
    const { username, password } = mint(one, 'alice');
    expect(password).toBe(restPassword('new', username));
    const keys = ['new', 'old'].map(secret => longTermKey('md5', username, REALM, restPassword(secret, username)));
    expect(found(one.find(username, 'md5', NOW)).keys).toEqual(keys);
  });
});

describe('a credential ends', () => {
  test('at its expiry', () => {
    const one = credentials();
    const { username, expiresAt } = mint(one, 'alice', 60);
    expect(found(one.find(username, 'md5', expiresAt - 1)).expiresAt).toBe(expiresAt);
    expect(one.find(username, 'md5', expiresAt)).toBe('credential-expired');
    expect(one.find('0:alice', 'md5', NOW)).toBe('credential-expired');
  });
});

describe('an over-long credential', () => {
  const DAY = nameAt(NOW + 24 * HOUR, 'guest');

  test('is accepted, and lives for the configured lifetime from its first use', () => {
    const one = credentials();
    expect(found(one.find(DAY, 'md5', NOW)).expiresAt).toBe(NOW + 8 * HOUR);
    one.accepted(DAY, NOW);
    expect(found(one.find(DAY, 'md5', NOW + 7 * HOUR)).expiresAt).toBe(NOW + 8 * HOUR);
    one.accepted(DAY, NOW + 7 * HOUR);
    expect(one.find(DAY, 'md5', NOW + 8 * HOUR)).toBe('credential-expired');
    expect(one.find(DAY, 'md5', NOW + 20 * HOUR)).toBe('credential-expired');
  });

  test('lives shorter where less is configured', () => {
    const one = credentials({ lifetimeSeconds: 60 });
    one.accepted(DAY, NOW);
    expect(found(one.find(DAY, 'md5', NOW + 59_999)).expiresAt).toBe(NOW + 60_000);
    expect(one.find(DAY, 'md5', NOW + 60_000)).toBe('credential-expired');
  });

  test('is ordinary when it is first used within its last hours', () => {
    const one = credentials();
    one.accepted(DAY, NOW + 17 * HOUR);
    expect(found(one.find(DAY, 'md5', NOW + 17 * HOUR)).expiresAt).toBe(NOW + 24 * HOUR);
    expect(one.overLong).toBe(0);
  });

  test('ends at its own expiry when that comes first', () => {
    const one = credentials();
    const username = nameAt(NOW + 8 * HOUR + 1000, 'guest');
    one.accepted(username, NOW);
    expect(found(one.find(username, 'md5', NOW + HOUR)).expiresAt).toBe(NOW + 8 * HOUR);
    expect(one.find(username, 'md5', NOW + 8 * HOUR)).toBe('credential-expired');
  });

  test('with an absurd expiry is over-long and no more', () => {
    const one = credentials();
    expect(found(one.find('9999999999999:guest', 'md5', NOW)).expiresAt).toBe(NOW + 8 * HOUR);
  });

  test('is not remembered before it has proven itself, however often strangers ask', () => {
    const one = credentials();
    for (let i = 0; i < 1000; i++) one.find(nameAt(NOW + 24 * HOUR, `stranger${i}`), 'md5', NOW);
    expect(one.overLong).toBe(0);
  });

  test('is refused while the memory is full, since nobody is forgotten; ordinary ones are not', () => {
    const one = credentials({ overLongLimit: 2 });
    const [first, second, third] = ['a', 'b', 'c'].map(user => nameAt(NOW + 24 * HOUR, user));
    one.accepted(first!, NOW);
    one.accepted(second!, NOW);
    expect(one.find(third!, 'md5', NOW)).toBe('credential-expired');
    expect(found(one.find(first!, 'md5', NOW + HOUR)).expiresAt).toBe(NOW + 8 * HOUR);
    expect(found(one.find(nameAt(NOW + HOUR, 'd'), 'md5', NOW)).expiresAt).toBe(NOW + HOUR);
  });

  test('is forgotten in the hour after its own expiry, which makes room', () => {
    const one = credentials({ overLongLimit: 1 });
    one.accepted(DAY, NOW);
    const later = nameAt(NOW + 60 * HOUR, 'later');
    expect(one.find(later, 'md5', NOW + 24 * HOUR - 1)).toBe('credential-expired');
    expect(found(one.find(later, 'md5', NOW + 25 * HOUR)).expiresAt).toBe(NOW + 33 * HOUR);
    expect(one.overLong).toBe(0);
    expect(one.find(DAY, 'md5', NOW + 25 * HOUR)).toBe('credential-expired');
  });
});

describe('static users', () => {
  test('are found by name and by hash, and never expire', () => {
    const one = credentials();
    for (const algorithm of ['md5', 'sha-256'] as const) {
      const alice = {
        user: 'alice',
        identity: 'alice',
        keys: [longTermKey(algorithm, 'alice', REALM, 'wonderland')],
        expiresAt: Number.POSITIVE_INFINITY,
      };
      expect(one.find('alice', algorithm, NOW)).toEqual(alice);
      expect(one.findByHash(userhash('alice', REALM), algorithm, NOW)).toEqual(alice);
    }
  });

  test('may have a name with a colon, and go before a time-limited credential of the same name', () => {
    const one = credentials({ users: { '1:bob': 'builder', 'a:b': 'c' } });
    expect(found(one.find('1:bob', 'md5', NOW)).keys).toEqual([longTermKey('md5', '1:bob', REALM, 'builder')]);
    expect(found(one.find('a:b', 'md5', NOW)).identity).toBe('a:b');
  });

  test('work without secrets, and then no expiry is believed', () => {
    const one = credentials({ secrets: [] });
    expect(found(one.find('alice', 'md5', NOW)).user).toBe('alice');
    expect(one.find(nameAt(NOW + HOUR, 'bob'), 'md5', NOW)).toBe('unknown-user');
  });

  test('a static user whose name looks over-long takes no room', () => {
    const one = credentials({ users: { '9999999999:x': 'y' } });
    one.accepted('9999999999:x', NOW);
    expect(one.overLong).toBe(0);
  });
});

test.each(['', 'bob', '%s%n', '"\'\n', 'nul\0', 'x'.repeat(513), '__proto__', 'constructor', 'toString'])(
  'nobody is called %j',
  username => {
    expect(credentials().find(username, 'md5', NOW)).toBe('unknown-user');
    expect(credentials().findByHash(userhash(username, REALM), 'md5', NOW)).toBe('unknown-user');
  },
);

test('a hash of the wrong length or realm finds nobody', () => {
  expect(credentials().findByHash(new Uint8Array(0), 'md5', NOW)).toBe('unknown-user');
  expect(credentials().findByHash(userhash('alice', 'other.test'), 'md5', NOW)).toBe('unknown-user');
});

function credentials(settings: Partial<CredentialSettings> = {}): Credentials {
  return new Credentials({
    realm: REALM,
    secrets: ['north-wind'],
    users: { alice: 'wonderland' },
    lifetimeSeconds: 8 * 3600,
    ...settings,
  });
}

function mint(one: Credentials, user: string, lifetimeSeconds?: number): MintedCredential {
  const minted = one.mint(user, lifetimeSeconds, NOW);
  if (typeof minted === 'string') throw new Error(minted);
  return minted;
}

function found(credential: Credential | NoCredential): Credential {
  if (typeof credential === 'string') throw new Error(credential);
  return credential;
}

function nameAt(expiresAt: Millis, user: string): string {
  return `${expiresAt / 1000}:${user}`;
}
