import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { msLongTermKey } from '../wire/index.ts';
import { Credentials } from './credentials.ts';
import { mintRelayToken, readRelayToken, TokenKey } from './relay-tokens.ts';

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;
const KEY = new TokenKey('north-wind');

/** Repeatable bytes that look random. */
function dice(seed: string): (length: number) => Uint8Array {
  let n = 0;
  return length => createHash('sha256').update(`${seed} ${n++}`).digest().subarray(0, length);
}

function credentials(secrets: readonly string[], lifetimeSeconds = 28_800): Credentials {
  return new Credentials({ realm: 'example.test', secrets, users: { alice: 'wonderland' }, lifetimeSeconds });
}

const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));

describe('a relay token', () => {
  test('says who may relay on which side until when, to every holder of the key', () => {
    for (const user of ['alice', '', 'Zoë ☎', 'x'.repeat(200)]) {
      for (const side of ['external', 'internal'] as const) {
        const token = mintRelayToken(KEY, side, user, 1_700_028_800, dice(user));
        const read = readRelayToken(token.username, [new TokenKey('other'), new TokenKey('north-wind')]);
        expect(read).toEqual({ user, side, expiresAt: 1_700_028_800_000, password: token.password });
      }
    }
  });

  test('altered at any byte, cut or lengthened is none', () => {
    const { username } = mintRelayToken(KEY, 'external', 'alice', 1_700_028_800, dice('a'));
    for (let at = 0; at < username.length; at++) {
      const altered = Uint8Array.from(username);
      altered[at]! ^= 1;
      expect(readRelayToken(altered, [KEY])).toBeUndefined();
      expect(readRelayToken(username.subarray(0, at), [KEY])).toBeUndefined();
    }
    expect(readRelayToken(Uint8Array.from([...username, 0]), [KEY])).toBeUndefined();
    expect(readRelayToken(username, [])).toBeUndefined();
    expect(readRelayToken(username, [new TokenKey('south-wind')])).toBeUndefined();
  });

  test('never has bytes at its ends that libnice takes away', () => {
    for (let i = 0; i < 2_000; i++) {
      const { username, password } = mintRelayToken(KEY, 'external', 'alice', 1_700_028_800, dice(`${i}`));
      for (const bytes of [username, password]) {
        expect(bytes[0]).not.toBe(0x22);
        expect([0x22, 0]).not.toContain(bytes.at(-1));
      }
    }
  });

  test('is not the same twice', () => {
    const mint = () => Buffer.from(mintRelayToken(KEY, 'external', 'alice', 1, randomBytes).username).toString('hex');
    expect(mint()).not.toBe(mint());
    expect(() => mintRelayToken(KEY, 'external', badUser(), 1, () => new Uint8Array(8))).toThrow();
  });

  /** A user whose token is mangled with the zero salt. */
  function badUser(): string {
    for (let i = 0; ; i++) {
      const user = `user ${i}`;
      try {
        mintRelayToken(KEY, 'external', user, 1, () => new Uint8Array(8));
      } catch {
        return user;
      }
    }
  }
});

describe('credentials in the Microsoft dialect', () => {
  test('a token minted by one edge is good on another with the secret among its own', () => {
    const minted = credentials(['north-wind']).mintToken('alice', 'external', 3600, NOW, randomBytes);
    if (typeof minted === 'string') throw new Error(minted);
    expect([minted.lifetimeSeconds, minted.expiresAt]).toEqual([3600, NOW + HOUR]);
    const found = credentials(['east-wind', 'north-wind']).findByBytes(bytesOf(minted.username), 'external', NOW);
    expect(found).toEqual({
      user: `token:${(NOW + HOUR) / 1000}:alice`,
      identity: 'alice',
      keys: [msLongTermKey('md5', bytesOf(minted.username), 'example.test', bytesOf(minted.password))],
      expiresAt: NOW + HOUR,
    });
    expect(credentials(['east-wind']).findByBytes(bytesOf(minted.username), 'external', NOW)).toBe('unknown-user');
    expect(credentials(['north-wind']).findByBytes(bytesOf(minted.username), 'external', NOW + HOUR)).toBe(
      'credential-expired',
    );
  });

  test('a token is good on its own side and on no other', () => {
    for (const [side, other] of [
      ['internal', 'external'],
      ['external', 'internal'],
    ] as const) {
      const minted = credentials(['north-wind']).mintToken('alice', side, 3600, NOW, randomBytes);
      if (typeof minted === 'string') throw new Error(minted);
      const username = bytesOf(minted.username);
      expect(credentials(['north-wind']).findByBytes(username, side, NOW)).toMatchObject({ identity: 'alice' });
      expect(credentials(['north-wind']).findByBytes(username, other, NOW)).toBe('wrong-side');
    }
  });

  test('no token is minted or taken for longer than eight hours', () => {
    const minted = credentials(['north-wind']).mintToken('alice', 'external', 99_999, NOW, randomBytes);
    expect(minted).toMatchObject({ lifetimeSeconds: 28_800 });
    const expiry = NOW / 1000 + 28_800 + 301;
    const { username } = mintRelayToken(KEY, 'external', 'alice', expiry, randomBytes);
    expect(credentials(['north-wind']).findByBytes(username, 'external', NOW)).toBe('unknown-user');
    expect(credentials(['north-wind']).findByBytes(username, 'external', NOW + 1000)).toMatchObject({
      identity: 'alice',
    });
  });

  test.each([
    ['no secret', [], 'alice', 60, 'no-secret'],
    ['a user of 201 bytes', ['s'], 'x'.repeat(201), 60, 'user-too-long'],
    ['a broken user', ['s'], '\ud800', 60, 'user-not-unicode'],
    ['no lifetime', ['s'], 'alice', 0, 'lifetime-not-positive'],
  ])('with %s nothing is minted', (_, secrets, user, seconds, why) => {
    expect(credentials(secrets).mintToken(user, 'external', seconds, NOW, randomBytes)).toBe(why);
  });

  test('static users and REST credentials work too, by the bytes of their names', () => {
    const c = credentials(['north-wind']);
    expect(c.findByBytes(Buffer.from('alice'), 'external', NOW)).toEqual(c.find('alice', 'md5', NOW));
    const rest = c.mint('bob', 60, NOW);
    if (typeof rest === 'string') throw new Error(rest);
    expect(c.findByBytes(Buffer.from(rest.username), 'external', NOW)).toEqual(c.find(rest.username, 'md5', NOW));
    for (const username of [Uint8Array.of(0xff), new Uint8Array(600).fill(0x61), new Uint8Array(0)]) {
      expect(c.findByBytes(username, 'external', NOW)).toBe('unknown-user');
    }
  });

  test('a token of nobody in particular counts as nobody', () => {
    const minted = credentials(['s']).mintToken('', 'external', 60, NOW, randomBytes);
    if (typeof minted === 'string') throw new Error(minted);
    const rest = credentials(['s']).mint('', 60, NOW);
    if (typeof rest === 'string') throw new Error(rest);
    const c = credentials(['s']);
    const identity = (found: ReturnType<Credentials['findByBytes']>) =>
      typeof found === 'string' ? found : found.identity;
    expect(identity(c.findByBytes(bytesOf(minted.username), 'external', NOW))).toBe(
      identity(c.find(rest.username, 'md5', NOW)),
    );
  });
});
