import { describe, expect, test } from 'vitest';
import { type Headers, sipFlow, sipRequest } from '../../../test/testkit/sip-messages.ts';
import { readAuth, type SipRequest } from '../../wire/index.ts';
import { type DigestAlgorithm, digestHa1, digestResponse } from './algorithm.ts';
import { Authenticator, type Denied, type DigestSettings, type SipUser } from './authenticator.ts';

const REALM = 'example.test';
const FLOW = sipFlow(1);
const ALICE: SipUser = { record: 'sip:alice@example.test', aliases: [], algorithm: 'MD5', side: 'any' };
const BOB: SipUser = { record: 'sip:bob@example.test', aliases: [], algorithm: 'SHA-256', side: 'any' };
const PASSWORDS: Record<string, [SipUser, string]> = {
  alice: [ALICE, 'wonderland'],
  'alice@example.test': [ALICE, 'wonderland'],
  bob: [BOB, 'builder'],
};

test('a digest as RFC 7616 §3.9.1 computes it, with MD5 and with SHA-256', () => {
  const said = {
    method: 'GET',
    uri: '/dir/index.html',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    nc: '00000001',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  };
  const ha1 = (algorithm: DigestAlgorithm) => digestHa1(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life');
  expect(digestResponse({ ...said, algorithm: 'MD5', ha1: ha1('MD5') })).toBe('8ca523f5e9506fed4657c9700eebdbec');
  expect(digestResponse({ ...said, algorithm: 'SHA-256', ha1: ha1('SHA-256') })).toBe(
    '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  );
});

describe('signing in', () => {
  test('the password is right or wrong, under both names', () => {
    const one = scene();
    expect(one.sign({ username: 'alice' })).toBe(ALICE);
    expect(one.sign({ username: 'alice@example.test' })).toBe(ALICE);
    expect(one.sign({ password: 'guess' })).toMatchObject({ denied: 'wrong-password', challenge: expect.any(String) });
    expect(one.sign({ username: 'nobody' })).toMatchObject({ denied: 'wrong-password' });
  });

  test('a user who can do SHA-256 is asked for it, and MD5 does not do', () => {
    const one = scene();
    const register = sipRequest('REGISTER', { headers: { From: '<sip:bob@example.test>;tag=1' } });
    const { challenge } = one.ask(register, BOB.record) as Denied;
    expect(readAuth(challenge!)!.params.get('algorithm')).toBe('SHA-256');
    expect(one.sign({ username: 'bob', password: 'builder', algorithm: 'SHA-256', record: BOB.record })).toBe(BOB);
    expect(one.sign({ username: 'bob', password: 'builder', algorithm: 'MD5', record: BOB.record })).toMatchObject({
      denied: 'wrong-password',
    });
  });

  test('a challenge offers one algorithm and qop=auth', () => {
    const said = readAuth((scene().ask(sipRequest('REGISTER')) as Denied).challenge!);
    expect(Object.fromEntries(said!.params)).toMatchObject({ realm: REALM, algorithm: 'MD5', qop: 'auth' });
    expect(said!.params.has('stale')).toBe(false);
  });

  test('over plain TCP nobody is asked for MD5, unless that is allowed', () => {
    const flow = sipFlow(2, { transport: 'TCP' });
    expect(scene().ask(sipRequest('REGISTER'), ALICE.record, flow)).toEqual({ denied: 'password-in-the-clear' });
    expect(scene({ allowsPlainMd5: true }).ask(sipRequest('REGISTER'), ALICE.record, flow)).toMatchObject({
      denied: 'unauthenticated',
    });
    expect(scene().ask(sipRequest('REGISTER'), BOB.record, flow)).toMatchObject({ denied: 'unauthenticated' });
  });
});

describe('what is signed', () => {
  test('is this method and this URI', () => {
    const one = scene();
    expect(one.sign({ uri: 'sip:other.test' })).toMatchObject({ denied: 'wrong-password' });
    expect(one.sign({ signedMethod: 'INVITE' })).toMatchObject({ denied: 'wrong-password' });
    expect(one.sign({ uri: 'SIP:EXAMPLE.test' })).toBe(ALICE);
  });

  test('pidgin-sipe may write (null) while it signs in, and nobody else', () => {
    const one = scene();
    expect(one.sign({ uri: '(null)', headers: { 'User-Agent': 'Purple/2.14.12 Sipe/1.25.0 (linux-x86_64)' } })).toBe(
      ALICE,
    );
    expect(one.sign({ uri: '(null)' })).toMatchObject({ denied: 'wrong-password' });
    const invite = { method: 'INVITE', uri: '(null)', headers: { 'User-Agent': 'Sipe/1.25.0' } };
    expect(one.sign(invite)).toMatchObject({ denied: 'wrong-password' });
  });

  test.each([
    [
      'no qop',
      'Digest username="alice", realm="example.test", nonce="x", uri="sip:example.test", response="00000000000000000000000000000000"',
    ],
    [
      'another realm',
      'Digest username="alice", realm="other.test", nonce="x", uri="x", qop=auth, nc=00000001, cnonce="x", response="00000000000000000000000000000000"',
    ],
    ['another scheme', 'NoOneKnowsThisScheme opaque-data=here'],
    [
      'a short count',
      'Digest username="alice", realm="example.test", nonce="x", uri="x", qop=auth, nc=1, cnonce="x", response="00000000000000000000000000000000"',
    ],
  ])('%s is no attempt: it is challenged and not counted', (_, Authorization) => {
    const one = scene();
    for (let i = 0; i < 10; i++)
      expect(one.ask(sipRequest('REGISTER', { headers: { Authorization } }))).toMatchObject({
        denied: 'unauthenticated',
      });
  });
});

describe('replay', () => {
  test('a count is used once, in any order within 32', () => {
    const one = scene();
    const nonce = one.nonce();
    const use = (nc: number) => one.sign({ nonce, nc: nc.toString(16).padStart(8, '0') }) === ALICE;
    expect([1, 1, 3, 2, 3, 40, 9, 8, 41, 40].map(use)).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  test('on another connection, after its life, and when it is not ours, a nonce is stale, not wrong', () => {
    const one = scene();
    const nonce = one.nonce();
    const stale = { denied: 'stale-nonce', challenge: expect.stringContaining('stale=true') };
    expect(one.sign({ nonce, flow: sipFlow(2) })).toMatchObject(stale);
    expect(one.sign({ nonce: 'made up' })).toMatchObject(stale);
    expect(one.sign({ nonce, now: 300_000 })).toBe(ALICE);
    expect(one.sign({ nonce, nc: '00000002', now: 300_001 })).toMatchObject(stale);
  });

  test('a flow that uses many nonces loses the oldest, and none of them comes back', () => {
    const one = scene();
    const nonces = Array.from({ length: 6 }, () => one.nonce());
    for (const nonce of nonces) expect(one.sign({ nonce })).toBe(ALICE);
    expect(one.sign({ nonce: nonces[0]!, nc: '00000002' })).toMatchObject({ denied: 'stale-nonce' });
    expect(one.sign({ nonce: nonces[0]! })).toMatchObject({ denied: 'stale-nonce' });
    expect(one.sign({ nonce: nonces[5]!, nc: '00000002' })).toBe(ALICE);
  });
});

describe('lockout', () => {
  test("pidgin-sipe's 31 tries in a row: three are challenged, the rest hear no challenge, and a minute after the third all is well", () => {
    const one = scene();
    const tries = Array.from({ length: 31 }, (_, i) => (one.sign({ password: 'guess', now: i * 10 }) as Denied).denied);
    expect(tries.slice(0, 3)).toEqual(['wrong-password', 'wrong-password', 'wrong-password']);
    expect(new Set(tries.slice(3))).toEqual(new Set(['locked-out']));
    expect(one.sign({ now: 60_019 })).toEqual({ denied: 'locked-out' });
    expect(one.sign({ now: 60_020 })).toBe(ALICE);
  });

  test('is of one user from one address: neither other users nor other addresses are concerned', () => {
    const one = scene();
    for (let i = 0; i < 3; i++) one.sign({ password: 'guess' });
    expect(one.sign({ flow: sipFlow(2, { host: '203.0.113.9' }) })).toBe(ALICE);
    expect(one.sign({ username: 'bob', password: 'builder', algorithm: 'SHA-256', record: BOB.record })).toBe(BOB);
    expect(one.sign({ flow: sipFlow(3) })).toEqual({ denied: 'locked-out' });
  });

  test('a name too long for anybody is remembered nowhere', () => {
    const one = scene();
    const tries = Array.from({ length: 40 }, () => (one.sign({ username: 'x'.repeat(256) }) as Denied).denied);
    expect(new Set(tries)).toEqual(new Set(['unauthenticated']));
  });

  test('who guesses for many users is locked out as an address', () => {
    const one = scene();
    for (let i = 0; i < 30; i++) one.sign({ username: `user${i}` });
    expect(one.sign({})).toEqual({ denied: 'locked-out' });
    expect(one.sign({ flow: sipFlow(2, { host: '203.0.113.9' }) })).toBe(ALICE);
  });

  test('the right password clears what went before', () => {
    const one = scene();
    for (let i = 0; i < 10; i++) {
      one.sign({ password: 'guess' });
      expect(one.sign({})).toBe(ALICE);
    }
  });
});

interface Try {
  username?: string;
  password?: string;
  algorithm?: DigestAlgorithm;
  record?: string;
  method?: string;
  signedMethod?: string;
  uri?: string;
  nonce?: string;
  nc?: string;
  headers?: Headers;
  flow?: typeof FLOW;
  now?: number;
}

function scene(settings: Partial<DigestSettings> = {}) {
  const authenticator = new Authenticator(
    {
      realm: REALM,
      key: new Uint8Array(32).fill(7),
      nonceLifetimeSeconds: 300,
      lockout: { tries: 3, triesPerAddress: 30, seconds: 60 },
      allowsPlainMd5: false,
      ...settings,
    },
    {
      user: record => [ALICE, BOB].find(user => user.record === record),
      secret(username, algorithm) {
        const [user, password] = PASSWORDS[username] ?? [];
        return user && password ? { user, ha1: digestHa1(algorithm, username, REALM, password) } : undefined;
      },
    },
  );
  const ask = (request: SipRequest, record = ALICE.record, flow = FLOW, now = 0) =>
    authenticator.authenticate(request, record, flow, now);
  const nonce = (flow = FLOW, now = 0) =>
    readAuth((ask(sipRequest('REGISTER'), BOB.record, flow, now) as Denied).challenge!)!.params.get('nonce')!;
  return {
    ask,
    nonce,
    sign(one: Try) {
      const { username = 'alice', password = 'wonderland', algorithm = 'MD5', record, now = 0, flow = FLOW } = one;
      const { method = 'REGISTER', uri = 'sip:example.test', nc = '00000001' } = one;
      const said = {
        method: one.signedMethod ?? method,
        uri,
        nonce: one.nonce ?? nonce(flow, now),
        nc,
        cnonce: '0a1b2c3d',
      };
      const ha1 = digestHa1(algorithm, username, REALM, password);
      const response = digestResponse({ ...said, algorithm, ha1 });
      const Authorization = `Digest username="${username}", realm="${REALM}", nonce="${said.nonce}", uri="${uri}", algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="0a1b2c3d", response="${response}"`;
      return ask(
        sipRequest(method, { uri: 'sip:example.test', headers: { ...one.headers, Authorization } }),
        record,
        flow,
        now,
      );
    },
  };
}
