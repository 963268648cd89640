import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readRestName, restName, restPassword } from './rest.ts';

describe("coturn's use-auth-secret", () => {
  test.each([
    // echo -n USERNAME | openssl dgst -sha1 -hmac north-wind -binary | base64
    ['1433895918:alice', 'OeGhNPGnoMVgiyG7V/oUgwZh7A4='],
    ['1433895918', '8tAIWtf5ET6MZ13587bq87ZjouQ='],
  ])('the password of %s is what openssl makes of it', (username, password) => {
    expect(restPassword('north-wind', username)).toBe(password);
  });

  test.each(['', 'k', 'a secret of 64 bytes'.padEnd(64, '.'), 'longer than a block of SHA-1'.padEnd(90, '.'), 'ключ'])(
    'the password is base64 of HMAC-SHA1 as RFC 2104 §2 builds it, with the secret %j',
    secret => {
      for (const username of ['1433895918:alice', '1433895918:Zoë ☎', '1433895918:%s%n"\n\0']) {
        expect(restPassword(secret, username)).toBe(
          Buffer.from(hmacFromFirstPrinciples(secret, username)).toString('base64'),
        );
      }
    },
  );

  test('a username that no message holds has no password', () => {
    expect(restPassword('north-wind', 'ж'.repeat(254))).toHaveLength(28);
    expect(() => restPassword('north-wind', 'ж'.repeat(255))).toThrow('508 bytes');
  });
});

test.each([
  ['1433895918:alice', 1_433_895_918_000, 'alice'],
  ['1433895918', 1_433_895_918_000, ''],
  ['1433895918:', 1_433_895_918_000, ''],
  ['1433895918:@alice:example.test', 1_433_895_918_000, '@alice:example.test'],
  ['0:alice', 0, 'alice'],
  ['1433895918123:alice', 1_433_895_918_123_000, 'alice'],
])('%s is a name with an expiry', (username, expiresAt, identity) => {
  expect(readRestName(username)).toEqual({ expiresAt, identity });
});

test.each([
  '',
  ':',
  ':alice',
  'alice',
  'alice:1433895918',
  '-1:alice',
  '+1:a',
  ' 1:a',
  '1.5:a',
  '1e9:a',
  '0x10:a',
  '1433895918 :a',
  '12345678901234:a',
  '١٢٣:a',
  '1433895918\n',
])('%j is not', username => {
  expect(readRestName(username)).toBeUndefined();
});

test('a name is read as it was written', () => {
  for (const user of ['', 'alice', 'a:b', ':', '%s%n', '"\'\n\0']) {
    expect(readRestName(restName(1_433_895_918, user))).toEqual({ expiresAt: 1_433_895_918_000, identity: user });
  }
});

function hmacFromFirstPrinciples(secret: string, text: string): Uint8Array {
  const sha1 = (...parts: Uint8Array[]) => createHash('sha1').update(Buffer.concat(parts)).digest();
  const given = Buffer.from(secret, 'utf8');
  const key = Buffer.alloc(64);
  (given.length > 64 ? sha1(given) : given).copy(key);
  return sha1(
    key.map(b => b ^ 0x5c),
    sha1(
      key.map(b => b ^ 0x36),
      Buffer.from(text, 'utf8'),
    ),
  );
}
