import { expect, test } from 'vitest';
import { MsScene, msAllocated, replyIn } from '../../test/testkit/ms-scene.ts';
import { MsReply } from '../../test/testkit/ms-talker.ts';
import { peer, RELAY_IPS, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { METHODS, MS_ATTRIBUTES, type RelayId } from '../wire/index.ts';

const A = MS_ATTRIBUTES;
const PEER = peer('203.0.113.9', 3000);

test("a peer's datagram becomes a Data Indication that only says who and what", () => {
  const scene = msAllocated();
  const bytes = new Uint8Array(80);
  bytes.set(Buffer.from('hello'), 64);
  scene.bench.server.onPeerData(0 as RelayId, PEER, bytes, 64, 69);
  const reply = new MsReply(scene.bench.sent[0]!.bytes);
  expect(reply.attributes).toEqual([A.MagicCookie, A.RemoteAddress, A.Data]);
  expect([reply.type, reply.address(A.RemoteAddress), reply.text(A.Data)]).toEqual([
    0x0115,
    '203.0.113.9:3000',
    'hello',
  ]);
});

test('what ICMP says of a peer is kept back: the dialect has no words for it', () => {
  const scene = msAllocated();
  scene.say(scene.talker.send(PEER, 'x'));
  scene.bench.sent.length = 0;
  scene.bench.server.onRelayError(0 as RelayId, PEER, 3, 3, 0);
  expect(scene.bench.sent).toEqual([]);
});

test.each([
  [0x0103, 'stray-response'],
  [0x0115, 'stray-response'],
  [0x0001, 'stranger-method'],
  [0x0002, 'stranger-method'],
])('a message of type %s is dropped as %s', (type, reason) => {
  const scene = new MsScene();
  expect(scene.heard(scene.talker.message(type, () => {}))).toEqual([`refused ${reason}`]);
});

test('both dialects are told apart message by message, whatever the transaction id', () => {
  const bench = new TurnBench();
  const scene = new MsScene();
  const id = Uint8Array.from([0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12)]);
  const effects = bench.message(
    scene.client,
    scene.talker.allocate(() => {}, { transactionId: id }),
  );
  expect(replyIn(effects).view.transactionId).toEqual(id);
  expect(said(new TestClient(bench, 1).request(METHODS.Allocate))).toEqual(['refused bad-request', 'error 400']);
  expect(RELAY_IPS[4]).toBeDefined();
});
