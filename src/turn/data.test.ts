import { expect, test } from 'vitest';
import { PEER, peer, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  METHODS,
  MessageView,
  type RelayId,
  readIcmp,
  readPeerAddress,
  sameAddress,
} from '../wire/index.ts';

const ROOM = 64;

function deliver(bench: TurnBench, relay: number, from = PEER, payload = 'hello'): void {
  const bytes = new Uint8Array(ROOM + payload.length + 4).fill(0xee);
  bytes.set(Buffer.from(payload), ROOM);
  bench.server.onPeerData(relay as RelayId, from, bytes, ROOM, ROOM + payload.length);
}

function allocated(): TurnBench {
  const bench = new TurnBench();
  new TestClient(bench, 1).allocated();
  return bench;
}

test.each([PEER, peer('2001:db8::9', 9)])('a peer’s datagram becomes a Data indication to the relay’s client', from => {
  const bench = allocated();
  deliver(bench, 0, from);
  const [sent] = bench.sent;
  expect(sent?.to).toBe('client 1');
  const view = new MessageView();
  expect(view.read(sent!.bytes, 0, sent!.bytes.length)).toBe('ok');
  expect([view.method, view.class]).toEqual([METHODS.Data, CLASSES.indication]);
  const read = new AddressBuffer();
  expect(readPeerAddress(view, view.find(ATTRIBUTES.XorPeerAddress), read)).toBe(true);
  expect(sameAddress(read, from)).toBe(true);
  expect(Buffer.from(view.valueAt(view.find(ATTRIBUTES.Data))).toString()).toBe('hello');
  expect([...sent!.bytes.subarray(-3)]).toEqual([0, 0, 0]);
});

test('no two indications share a transaction id', () => {
  const bench = allocated();
  for (let i = 0; i < 1000; i++) deliver(bench, 0);
  const ids = new Set(bench.sent.map(({ bytes }) => Buffer.from(bytes.subarray(8, 20)).toString('hex')));
  expect(ids.size).toBe(1000);
});

test('data for a relay that is not there, or whose client has not been told of it, goes nowhere', () => {
  const bench = allocated();
  deliver(bench, 7);
  new TestClient(bench, 2).allocate();
  deliver(bench, 1);
  expect(bench.sent).toEqual([]);
});

test.each([
  [PEER, { type: 3, code: 3, data: 0 }],
  [PEER, { type: 3, code: 4, data: 1400 }],
  [PEER, { type: 11, code: 0, data: 0 }],
  [peer('2001:db8::9', 9), { type: 2, code: 0, data: 1280 }],
])('an ICMP error becomes a Data indication that names the peer and carries no data (RFC 8656 §11.5)', (from, icmp) => {
  const bench = allocated();
  bench.server.onRelayError(0 as RelayId, from, icmp.type, icmp.code, icmp.data);
  const [sent] = bench.sent;
  expect(sent?.to).toBe('client 1');
  const view = new MessageView();
  expect(view.read(sent!.bytes, 0, sent!.bytes.length)).toBe('ok');
  expect([view.method, view.class]).toEqual([METHODS.Data, CLASSES.indication]);
  const read = new AddressBuffer();
  expect(readPeerAddress(view, view.find(ATTRIBUTES.XorPeerAddress), read)).toBe(true);
  expect(sameAddress(read, from)).toBe(true);
  expect(readIcmp(view, view.find(ATTRIBUTES.Icmp))).toEqual(icmp);
  expect(view.has(ATTRIBUTES.Data)).toBe(false);
});

test.each([
  [PEER, 0],
  [PEER, 5],
  [peer('2001:db8::9', 9), 4],
  [peer('2001:db8::9', 9), 128],
])('ICMP messages that are not about delivery are kept from the client', (from, type) => {
  const bench = allocated();
  bench.server.onRelayError(0 as RelayId, from, type, 0, 0);
  expect(bench.sent).toEqual([]);
});
