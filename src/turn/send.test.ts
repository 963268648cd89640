import { expect, test } from 'vitest';
import { PEER, peer, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { ATTRIBUTES, CLASSES, METHODS, type MessageWriter } from '../wire/index.ts';

const PAYLOAD = Buffer.from('hello');

function allocated(settings: ConstructorParameters<typeof TurnBench>[0] = {}): TestClient {
  const client = new TestClient(new TurnBench(settings), 1);
  client.allocated();
  return client;
}

function indicated(client: TestClient, write: (w: MessageWriter) => void): string[] {
  return said(client.send(client.message(METHODS.Send, CLASSES.indication, write)));
}

test('a payload goes to the sink; no effect is made, and the empty list is always the same', () => {
  const client = allocated();
  const first = client.indicate(PEER, PAYLOAD);
  expect(first).toEqual([]);
  expect(client.indicate(PEER, new Uint8Array(0))).toBe(first);
  expect(client.bench.sent).toEqual([
    { to: 'relay 0 203.0.113.9:4000', bytes: new Uint8Array(PAYLOAD) },
    { to: 'relay 0 203.0.113.9:4000', bytes: new Uint8Array(0) },
  ]);
});

test('each family leaves by its own relay', () => {
  const client = new TestClient(new TurnBench(), 1);
  client.allocated(w => w.family(ATTRIBUTES.AdditionalAddressFamily, 6));
  client.indicate(PEER, PAYLOAD);
  client.indicate(peer('2001:db8::9', 7), PAYLOAD);
  expect(client.bench.sent.map(({ to }) => to)).toEqual(['relay 0 203.0.113.9:4000', 'relay 1 [2001:db8::9]:7']);
});

test('a stranger sends nothing', () => {
  const client = new TestClient(new TurnBench(), 1);
  expect(said(client.indicate(PEER, PAYLOAD))).toEqual(['refused send-without-allocation']);
  client.allocate();
  client.indicate(PEER, PAYLOAD);
  expect(client.bench.sent).toEqual([]);
});

test.each<[string, (w: MessageWriter) => void]>([
  ['no peer', w => w.raw(ATTRIBUTES.Data, PAYLOAD)],
  ['no data', w => w.xorAddress(ATTRIBUTES.XorPeerAddress, PEER)],
  ['a malformed peer', w => w.raw(ATTRIBUTES.XorPeerAddress, [0, 1, 2]).raw(ATTRIBUTES.Data, PAYLOAD)],
  ['port 0', w => w.xorAddress(ATTRIBUTES.XorPeerAddress, peer('203.0.113.9', 0)).raw(ATTRIBUTES.Data, PAYLOAD)],
  [
    'an unknown attribute',
    w => w.xorAddress(ATTRIBUTES.XorPeerAddress, PEER).raw(ATTRIBUTES.Data, PAYLOAD).flag(0x7abc),
  ],
  [
    'DONT-FRAGMENT',
    w => w.xorAddress(ATTRIBUTES.XorPeerAddress, PEER).raw(ATTRIBUTES.Data, PAYLOAD).flag(ATTRIBUTES.DontFragment),
  ],
])('a Send with %s is dropped and counted', (_, write) => {
  const client = allocated();
  expect(indicated(client, write)).toEqual(['refused send-malformed']);
  expect(client.bench.sent).toEqual([]);
});

test('DONT-FRAGMENT is asked of an engine that can, for the one datagram', () => {
  const client = allocated({ canDontFragment: true });
  expect(said(client.indicate(PEER, PAYLOAD, w => w.flag(ATTRIBUTES.DontFragment)))).toEqual([]);
  client.indicate(PEER, PAYLOAD);
  expect(client.bench.sent.map(({ to }) => to)).toEqual(['relay 0 203.0.113.9:4000 whole', 'relay 0 203.0.113.9:4000']);
});

test('of two peers the first counts, as for every attribute', () => {
  const client = allocated();
  client.indicate(PEER, PAYLOAD, w => w.xorAddress(ATTRIBUTES.XorPeerAddress, peer('203.0.113.10', 1)));
  expect(client.bench.sent.map(({ to }) => to)).toEqual(['relay 0 203.0.113.9:4000']);
});

test('a family without a relay is dropped and counted', () => {
  const client = allocated();
  expect(said(client.indicate(peer('2001:db8::9', 7), PAYLOAD))).toEqual(['refused send-wrong-family']);
});

test('a permitted address is still closed where the edge itself listens', () => {
  const client = allocated();
  client.permit(PEER);
  expect(said(client.indicate(peer('203.0.113.9', 3478), PAYLOAD))).toEqual(['refused send-to-own-endpoint']);
  expect(client.bench.sent).toEqual([]);
});
