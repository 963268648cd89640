import { expect, test } from 'vitest';
import { REALM, type Signing, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { readReply } from '../../test/testkit/turn-reply.ts';
import { ATTRIBUTES, longTermKey, METHODS } from '../wire/index.ts';

const A = ATTRIBUTES;
const TRANSPORT = [17, 0, 0, 0];
const OFFER = [0, 2, 0, 0, 0, 1, 0, 0];
const SHA256 = [0, 2, 0, 0];
const MD5 = [0, 1, 0, 0];

/** A stream client: it is always shown the full challenge. */
function offered(settings: ConstructorParameters<typeof TurnBench>[0] = {}): TestClient {
  const client = new TestClient(new TurnBench(settings), 1, { transport: 'tcp' });
  client.learnNonce();
  return client;
}

test('the long-term credential of a user opens a relay, and its use is told', () => {
  const client = new TestClient(new TurnBench(), 1);
  expect(said(client.allocate())).toEqual(['open-relay 10.0.0.1 any']);
  expect(client.bench.accepted).toEqual(['alice']);
});

test.each<[string, Signing, string[]]>([
  ['an unknown user', { user: 'mallory' }, ['refused unknown-user', 'error 401']],
  ['a wrong password', { password: 'looking-glass' }, ['refused wrong-integrity', 'error 401']],
  ['a nonce of nobody', { nonce: 'AAAAAAAA' }, ['refused stale-nonce', 'error 438']],
  ['a nonce that is none', { nonce: 'what?' }, ['refused stale-nonce', 'error 438']],
])('%s is answered with a challenge that is not sealed', (_, signing, expected) => {
  const client = new TestClient(new TurnBench(), 1);
  const effects = client.allocate(() => {}, signing);
  expect(said(effects)).toEqual(expected);
  const reply = readReply(effects);
  expect(reply.has(A.Nonce) && reply.has(A.Realm)).toBe(true);
  expect(reply.has(A.MessageIntegrity) || reply.has(A.MessageIntegritySha256)).toBe(false);
  expect(client.bench.accepted).toEqual([]);
});

test('an expired credential is answered 401, one with less than a second left as well', () => {
  const client = new TestClient(new TurnBench(), 1);
  client.bench.rules.expired.add('alice');
  expect(said(client.allocate())).toEqual(['refused credential-expired', 'error 401']);
  client.bench.rules.expired.clear();
  client.bench.rules.credentialEnds = client.bench.now + 999;
  expect(said(client.allocate())).toEqual(['refused credential-expired', 'error 401']);
});

test('after a restart a client recovers by itself: 438 with a nonce that serves, then 437', () => {
  const before = new TestClient(new TurnBench(), 1);
  before.allocated();
  const after = new TurnBench({ nonceKey: new Uint8Array(32).fill(9) });
  const client = new TestClient(after, 1);
  client.nonce = before.nonce;
  const stale = client.refresh();
  expect(said(stale)).toEqual(['refused stale-nonce', 'error 438']);
  client.nonce = readReply(stale).text(A.Nonce) ?? '';
  expect(client.nonce).toMatch(/^obMatJos2/);
  expect(said(client.refresh())).toEqual(['refused allocation-mismatch', 'error 437']);
});

test('an old nonce is refused once, and the next serves', () => {
  const bench = new TurnBench({ nonceLifetimeSeconds: 60 });
  const client = new TestClient(bench, 1);
  client.allocated();
  bench.now += 200_000;
  const stale = client.permit();
  expect(said(stale)).toEqual(['refused stale-nonce', 'error 438']);
  client.nonce = readReply(stale).text(A.Nonce) ?? '';
  expect(said(client.refresh())).toEqual(['success 600']);
});

test('a recorded request is worth nothing from another source', () => {
  const bench = new TurnBench();
  const recorded = new TestClient(bench, 1).signed(METHODS.Allocate, w => w.raw(A.RequestedTransport, TRANSPORT));
  const thief = new TestClient(bench, 2);
  expect(said(thief.send(recorded))).toEqual(['refused stale-nonce', 'error 438']);
});

test('a recorded request is worth nothing when its nonce has grown old', () => {
  const bench = new TurnBench({ nonceLifetimeSeconds: 60 });
  const client = new TestClient(bench, 1);
  const recorded = client.signed(METHODS.Allocate, w => w.raw(A.RequestedTransport, TRANSPORT));
  bench.now += 200_000;
  expect(said(client.send(recorded))).toEqual(['refused stale-nonce', 'error 438']);
});

test.each([A.Username, A.Realm, A.Nonce])('without attribute %i there is no credential: 400, and no nonce', missing => {
  const client = new TestClient(new TurnBench(), 1);
  client.learnNonce();
  const bytes = client.message(METHODS.Allocate, 0, w => {
    w.raw(A.RequestedTransport, TRANSPORT);
    if (missing !== A.Username) w.text(A.Username, 'alice');
    if (missing !== A.Realm) w.text(A.Realm, REALM);
    if (missing !== A.Nonce) w.text(A.Nonce, client.nonce);
    w.integrity(new Uint8Array(16));
  });
  const effects = client.send(bytes);
  expect(said(effects)).toEqual(['refused bad-request', 'error 400']);
  expect(readReply(effects).has(A.Nonce)).toBe(false);
});

test('of several secrets each may have made the credential', () => {
  const client = new TestClient(new TurnBench(), 1);
  client.bench.rules.otherKeys = [new Uint8Array(16), new Uint8Array(16).fill(1)];
  const effects = client.allocated();
  expect(said(effects)).toEqual(['success 600']);
  expect(readReply(effects).isSealedBy('sha1', longTermKey('md5', 'alice', REALM, 'wonderland'))).toBe(true);
});

test.each(['sha1', 'sha256', 'both'] as const)('integrity %s is answered with the stronger of what it has', kind => {
  const client = new TestClient(new TurnBench(), 1);
  const reply = readReply(client.allocated(() => {}, { kind }));
  const used = kind === 'sha1' ? 'sha1' : 'sha256';
  expect(reply.isSealedBy(used, longTermKey('md5', 'alice', REALM, 'wonderland'))).toBe(true);
  expect(reply.has(A.MessageIntegrity)).toBe(used === 'sha1');
});

test('errors to a user are sealed as well', () => {
  const client = new TestClient(new TurnBench(), 1);
  const reply = readReply(client.refresh());
  expect(reply.code).toBe(437);
  expect(reply.isSealedBy('sha1', longTermKey('md5', 'alice', REALM, 'wonderland'))).toBe(true);
});

test.each<[string, (number[] | undefined)[], Signing, string]>([
  ['neither: MD5', [undefined, undefined], {}, 'open-relay 10.0.0.1 any'],
  ['SHA-256 chosen', [OFFER, SHA256], { algorithm: 'sha-256', kind: 'sha256' }, 'open-relay 10.0.0.1 any'],
  ['MD5 chosen', [OFFER, MD5], { kind: 'sha256' }, 'open-relay 10.0.0.1 any'],
  ['SHA-256 chosen, MD5 used', [OFFER, SHA256], {}, 'refused wrong-integrity'],
  ['the offer without a choice', [OFFER, undefined], {}, 'refused bad-request'],
  ['a choice without the offer', [undefined, SHA256], { algorithm: 'sha-256' }, 'refused bad-request'],
  ['an offer cut short on the way', [MD5, MD5], {}, 'refused bad-request'],
  ['an offer turned round', [[...MD5, ...SHA256], MD5], {}, 'refused bad-request'],
  ['a choice nobody offered', [OFFER, [0, 9, 0, 0]], {}, 'refused bad-request'],
  ['a choice with parameters', [OFFER, [0, 1, 0, 1, 0, 0, 0, 0]], {}, 'refused bad-request'],
])('bid-down (RFC 8489 §9.2.4), %s', (_, [algorithms, algorithm], signing, expected) => {
  const client = offered();
  const effects = client.allocate(w => {
    if (algorithms !== undefined) w.raw(A.PasswordAlgorithms, algorithms);
    if (algorithm !== undefined) w.raw(A.PasswordAlgorithm, algorithm);
  }, signing);
  expect(said(effects)[0]).toBe(expected);
});

test('who strips the password-algorithms bit from the nonce makes it stale', () => {
  const client = offered();
  const stripped = client.nonce.replace('obMatJos2wAAA', 'obMatJos2QAAA');
  expect(said(client.allocate(() => {}, { nonce: stripped }))).toEqual(['refused stale-nonce', 'error 438']);
});

test('a user may stay unnamed by USERHASH where that is offered, and only there', () => {
  expect(said(offered().allocate(() => {}, { byHash: true }))).toEqual(['open-relay 10.0.0.1 any']);
  const features = { passwordAlgorithms: true, anonymity: false };
  expect(said(offered({ features }).allocate(() => {}, { byHash: true }))).toEqual([
    'refused unknown-user',
    'error 401',
  ]);
});

const ODD_NAMES = [
  '%s%n%p%x',
  `'; DROP TABLE users; --`,
  '"\\"',
  'line\r\nbreak',
  'nul\0inside',
  'ünï-😀',
  '-',
  '../../etc',
];

test.each(ODD_NAMES)('the username %j is data: it authenticates and reaches the record unchanged', user => {
  const client = new TestClient(new TurnBench(), 1);
  client.bench.rules.users[user] = 'secret';
  client.user = user;
  expect(said(client.allocated())).toEqual(['success 600']);
  const ended = client.refresh(0).find(effect => effect.do === 'allocation-ended');
  expect(ended?.allocation.user).toBe(user);
});

test('a username of 513 bytes is 400, one of 508 is looked up, one that is not UTF-8 is 400', () => {
  const client = new TestClient(new TurnBench(), 1);
  expect(said(client.allocate(() => {}, { user: 'u'.repeat(513) }))).toEqual(['refused bad-request', 'error 400']);
  expect(said(client.allocate(() => {}, { user: 'u'.repeat(508) }))).toEqual(['refused unknown-user', 'error 401']);
  const bytes = client.message(METHODS.Allocate, 0, w =>
    w
      .raw(A.RequestedTransport, TRANSPORT)
      .raw(A.Username, [0xff, 0xfe])
      .text(A.Realm, REALM)
      .text(A.Nonce, client.nonce)
      .integrity(new Uint8Array(16)),
  );
  expect(said(client.send(bytes))).toEqual(['refused bad-request', 'error 400']);
});
