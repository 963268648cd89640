import { expect, test } from 'vitest';
import { PEER, REALM, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { ATTRIBUTES, CLASSES, METHODS, type MessageWriter, typeOf } from '../wire/index.ts';

const A = ATTRIBUTES;
const NOBODY = () => new TestClient(new TurnBench(), 1);
const EMPTY = { allocations: 0, connections: 0, permissions: 0, channels: 0, reservations: 0 };

test.each<[string, number, number, (w: MessageWriter) => void, string[]]>([
  ['an Allocate without REQUESTED-TRANSPORT', METHODS.Allocate, CLASSES.request, () => {}, ['refused stranger-method']],
  ['a Refresh', METHODS.Refresh, CLASSES.request, w => w.uint32(A.Lifetime, 0), ['refused stranger-method']],
  [
    'a CreatePermission',
    METHODS.CreatePermission,
    CLASSES.request,
    w => w.xorAddress(A.XorPeerAddress, PEER),
    ['refused stranger-method'],
  ],
  ['a ChannelBind', METHODS.ChannelBind, CLASSES.request, () => {}, ['refused stranger-method']],
  ['a Connect', METHODS.Connect, CLASSES.request, () => {}, ['refused stranger-method']],
  ['a request of no method', 0x0ff, CLASSES.request, () => {}, ['refused stranger-method']],
  ['a success response', METHODS.Allocate, CLASSES.success, () => {}, ['refused stray-response']],
  ['an error response', METHODS.Binding, CLASSES.error, w => w.errorCode(401), ['refused stray-response']],
  ['an unknown indication', METHODS.Data, CLASSES.indication, () => {}, ['refused unknown-indication']],
  ['a Send', METHODS.Send, CLASSES.indication, w => w.raw(A.Data, [1]), ['refused send-without-allocation']],
  [
    'a wrong FINGERPRINT',
    METHODS.Binding,
    CLASSES.request,
    w => w.uint32(A.Fingerprint, 1),
    ['refused bad-fingerprint'],
  ],
])('%s of a stranger is silence', (_, method, messageClass, write, expected) => {
  const client = NOBODY();
  expect(said(client.send(client.message(method, messageClass, write)))).toEqual(expected);
  expect(client.bench.asked).toEqual([]);
});

test.each<[string, number[], string]>([
  ['nothing', [], 'malformed'],
  ['one byte', [0], 'malformed'],
  ['HTTP', [...Buffer.from('POST /admin HTTP/1.1\r\nHost: localhost\r\n\r\n')], 'not-stun'],
  ['ChannelData of nobody', [0x40, 0, 0, 1, 9], 'malformed'],
  [
    'a header that promises more',
    [0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    'malformed',
  ],
  ['an Allocate without the cookie', [0, 3, 0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 'not-stun'],
])('%s is silence', (_, bytes, refusal) => {
  expect(said(NOBODY().send(Uint8Array.from(bytes)))).toEqual([`refused ${refusal}`]);
});

test('a client that forgets to sign is challenged where there is room, on the 5-tuple it has', () => {
  const client = NOBODY();
  client.allocated();
  const roomy = client.message(METHODS.Refresh, CLASSES.request, w => w.text(A.Software, 'some client'));
  expect(said(client.send(roomy))).toEqual(['refused unauthenticated', 'error 401']);
  const bare = client.message(METHODS.Refresh, CLASSES.request);
  expect(said(client.send(bare))).toEqual(['refused answer-budget']);
});

test('with credentials, methods that are none are answered 400', () => {
  const client = NOBODY();
  for (const method of [METHODS.ConnectionAttempt, METHODS.Send, METHODS.Data, 0x0ff]) {
    expect(said(client.request(method))).toEqual(['refused unknown-method', 'error 400']);
  }
});

test('whatever a stranger sends, the answer is at most twice as long', () => {
  const client = NOBODY();
  for (let method = 0; method < 16; method++) {
    for (const write of [
      () => {},
      (w: MessageWriter) => w.raw(A.RequestedTransport, [17, 0, 0, 0]),
      (w: MessageWriter) => w.integrity(new Uint8Array(16)),
      (w: MessageWriter) =>
        w.text(A.Username, 'x').text(A.Realm, REALM).text(A.Nonce, 'n').integrity(new Uint8Array(16)),
      (w: MessageWriter) => w.flag(0x7fff),
    ]) {
      const bytes = client.message(method, CLASSES.request, write);
      for (const effect of client.send(bytes)) {
        if (effect.do === 'reply') expect(effect.bytes.length).toBeLessThanOrEqual(2 * bytes.length);
      }
    }
  }
});

test('100,000 unauthenticated requests leave nothing behind', () => {
  const bench = new TurnBench();
  const client = new TestClient(bench, 1);
  const bytes = client.message(METHODS.Allocate, CLASSES.request, w => w.raw(A.RequestedTransport, [17, 0, 0, 0]));
  const forged = client.signed(METHODS.Refresh, () => {}, { user: 'nobody', password: 'x' });
  for (let i = 0; i < 50_000; i++) {
    const address = { ...client.tuple.address, w3: i | 0, port: 1024 + (i & 0x7fff) };
    bench.server.onMessage({ ...client.tuple, address }, bytes, 0, bytes.length, bench.now);
    bench.server.onMessage({ ...client.tuple, address }, forged, 0, forged.length, bench.now);
  }
  expect(bench.asked.length).toBeGreaterThanOrEqual(100_000);
  expect(bench.server.counts()).toEqual(EMPTY);
  expect(bench.server.nextDeadline()).toBe(Infinity);
  expect(bench.reservedNow).toBe(0);
});

test('nothing of one answer is left in the next: padding is zero', () => {
  const bench = new TurnBench({ realm: 'abcde' });
  for (let id = 1; id < 2000; id++) {
    const client = new TestClient(bench, id);
    const bytes = client.message(METHODS.Allocate, CLASSES.request, w => w.raw(A.RequestedTransport, [17, 0, 0, 0]));
    const [, reply] = client.send(bytes);
    if (reply?.do !== 'reply') throw new Error('no challenge');
    expect([...reply.bytes.subarray(37, 40)]).toEqual([0, 0, 0]); // header 20, ERROR-CODE 8, REALM 4 + 5
  }
});

test('the first two bits and every type in between are never thrown at', () => {
  const client = NOBODY();
  for (let method = 0; method < 0x1000; method += 7) {
    for (const messageClass of Object.values(CLASSES)) {
      const bytes = client.message(METHODS.Binding, CLASSES.request);
      new DataView(bytes.buffer).setUint16(0, typeOf(method, messageClass));
      client.send(bytes);
    }
  }
});
