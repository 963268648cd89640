import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, MS_VECTORS } from '../../../test/vectors/ms-turn.ts';
import { AddressBuffer, copyOf, type TransportAddress } from '../address.ts';
import { MOST_ATTRIBUTES } from '../attribute-list.ts';
import { readPlainAddress } from '../stun/plain-address.ts';
import { readMsXorAddress } from './ms-address.ts';
import { writeMsDataIndication } from './ms-data-indication.ts';
import { verifyMsIntegrity } from './ms-integrity.ts';
import { MsMessageView } from './ms-message-view.ts';
import { MsMessageWriter } from './ms-message-writer.ts';
import { readMsSequenceNumber } from './ms-sequence-number.ts';
import { isMsTurn } from './recognise.ts';
import { MS_ATTRIBUTES, MS_TYPES } from './registry.ts';

const A = MS_ATTRIBUTES;
const ID = new Uint8Array(16).fill(0xa7);
const KEY = new Uint8Array(16).fill(1);
const view = new MsMessageView();

const word = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const addresses: fc.Arbitrary<TransportAddress> = fc.oneof(
  fc.record({ w0: fc.constant(0), w1: fc.constant(0), w2: fc.constant(0xffff), w3: word, port: fc.nat(0xffff) }),
  fc.record({ w0: word, w1: word, w2: word, w3: word, port: fc.nat(0xffff) }),
);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

function writer(type: number = MS_TYPES.SendRequest, room = 4096): MsMessageWriter {
  return new MsMessageWriter(new Uint8Array(room), 0, type, ID);
}

test.each(Object.entries(MS_VECTORS))('%s: no truncation and no other length is a message', (_, hex) => {
  const whole = fromHex(hex);
  for (let end = 0; end < whole.length; end++) {
    expect(isMsTurn(whole, 0, end)).toBe(false);
    expect(view.read(whole, 0, end)).toBe('not-ms-turn');
    expect(view.count).toBe(0);
  }
  expect(view.read(Uint8Array.from([...whole, 0]), 0, whole.length + 1)).toBe('not-ms-turn');
});

test.each(Object.entries(MS_VECTORS))(
  '%s: a message whose length was shortened with it reads in whole attributes or not at all',
  (_, hex) => {
    const whole = fromHex(hex);
    for (let end = 28; end < whole.length; end++) {
      const cut = whole.slice(0, end);
      cut.set([(end - 20) >> 8, (end - 20) & 255], 2);
      const said = view.read(cut, 0, end);
      if (said !== 'ok') expect([said, view.count]).toEqual(['attribute-exceeds-message', 0]);
      else expect(view.offsetAt(view.count - 1) + view.lengthAt(view.count - 1)).toBe(end);
    }
  },
);

test('the cookie attribute decides, in its place, and the cookie of RFC 8489 does not', () => {
  const w = new MsMessageWriter(
    new Uint8Array(64),
    0,
    0x0003,
    Uint8Array.from([0x21, 0x12, 0xa4, 0x42, ...ID.subarray(4)]),
  );
  expect(isMsTurn(w.message, 0, w.end)).toBe(true);
  for (let at = 20; at < 28; at++) {
    const other = w.message.slice();
    other[at]! ^= 1;
    expect(isMsTurn(other, 0, other.length)).toBe(false);
  }
  const data = w.message.slice();
  data[0] = 0x80; // RTP
  expect(isMsTurn(data, 0, data.length)).toBe(false);
});

test('more attributes than anybody needs are refused', () => {
  const w = writer();
  for (let i = 1; i < MOST_ATTRIBUTES; i++) w.raw(0x8006, []);
  expect(view.read(w.bytes, 0, w.end)).toBe('ok');
  w.raw(0x8006, []);
  expect(view.read(w.bytes, 0, w.end)).toBe('too-many-attributes');
  expect(view.count).toBe(0);
});

test('nothing behind the integrity is listed', () => {
  const w = writer().text(A.Username, 'alice').integrity(KEY).uint32(A.Lifetime, 0);
  expect(view.read(w.bytes, 0, w.end)).toBe('ok');
  expect(view.has(A.Lifetime)).toBe(false);
  expect(view.count).toBe(3);
});

test('an integrity of any other length is wrong', () => {
  for (let length = 0; length < 40; length++) {
    const w = writer().raw(A.MessageIntegrity, new Uint8Array(length));
    view.read(w.bytes, 0, w.end);
    expect(verifyMsIntegrity(view, 'sha1', KEY) || verifyMsIntegrity(view, 'sha256', KEY)).toBe(false);
  }
});

test('an integrity fits whatever the length of what it covers', () => {
  for (const length of [...Array(140).keys(), 1990, 2047, 2048, 2049, 5000]) {
    const w = writer(MS_TYPES.SendRequest, 6000).raw(A.Data, new Uint8Array(length).fill(7)).integrity(KEY);
    view.read(w.bytes, 0, w.end);
    expect(verifyMsIntegrity(view, 'sha1', KEY)).toBe(true);
    w.bytes[8 + (length % 12)]! ^= 1;
    expect(verifyMsIntegrity(view, 'sha1', KEY)).toBe(false);
  }
});

test('every address comes back, plain and XORed with the whole transaction id', () => {
  fc.assert(
    fc.property(addresses, bytes(16), (address, id) => {
      const w = new MsMessageWriter(new Uint8Array(128), 0, MS_TYPES.AllocateResponse, id);
      w.address(A.MappedAddress, address).xorMappedAddress(address);
      expect(view.read(w.bytes, 0, w.end)).toBe('ok');
      const into = new AddressBuffer();
      expect(readPlainAddress(view, view.find(A.MappedAddress), into)).toBe(true);
      expect(copyOf<TransportAddress>(into)).toEqual(address);
      expect(readMsXorAddress(view, view.find(A.XorMappedAddress), into)).toBe(true);
      expect(copyOf<TransportAddress>(into)).toEqual(address);
    }),
  );
});

test('a Data Indication carries any payload from any peer', () => {
  fc.assert(
    fc.property(addresses, fc.uint8Array({ maxLength: 300 }), (peer, payload) => {
      const room = new Uint8Array(64 + payload.length);
      room.set(payload, 64);
      const start = writeMsDataIndication(room, 64, room.length, peer, ID);
      expect(view.read(room, start, room.length)).toBe('ok');
      expect(view.type).toBe(MS_TYPES.DataIndication);
      expect(view.valueAt(view.find(A.Data))).toEqual(payload);
      const into = new AddressBuffer();
      expect(readPlainAddress(view, view.find(A.RemoteAddress), into)).toBe(true);
      expect(copyOf<TransportAddress>(into)).toEqual(peer);
    }),
  );
});

test('a payload too long for a message is told, no room is our mistake', () => {
  const peer = { w0: 0, w1: 0, w2: 0xffff, w3: 1, port: 1 };
  expect(writeMsDataIndication(new Uint8Array(70_000), 64, 64 + 0xffff, peer, ID)).toBe(-1);
  expect(() => writeMsDataIndication(new Uint8Array(64), 20, 40, peer, ID)).toThrow(RangeError);
  expect(() => new MsMessageWriter(new Uint8Array(27), 0, 3, ID)).toThrow(RangeError);
  expect(() => new MsMessageWriter(new Uint8Array(64), 0, 3, ID.subarray(4))).toThrow(RangeError);
  expect(() => writer().sequenceNumber(ID, 1)).toThrow(RangeError);
  expect(() => writer(4, 70_000).raw(A.Data, new Uint8Array(65_535))).toThrow(RangeError);
});

test('a sequence number is unsigned, and an attribute of another length has none', () => {
  const w = writer().sequenceNumber(new Uint8Array(20), 0xffff_ffff);
  view.read(w.bytes, 0, w.end);
  expect(readMsSequenceNumber(view, view.find(A.MsSequenceNumber))).toBe(0xffff_ffff);
  const short = writer().raw(A.MsSequenceNumber, new Uint8Array(20));
  view.read(short.bytes, 0, short.end);
  expect(readMsSequenceNumber(view, view.find(A.MsSequenceNumber))).toBeUndefined();
  expect(readMsSequenceNumber(view, -1)).toBeUndefined();
});

test('attributes of any length come back in their order, wherever the message lies', () => {
  const attribute = fc.tuple(fc.integer({ min: 0x8100, max: 0xffff }), fc.uint8Array({ maxLength: 9 }));
  fc.assert(
    fc.property(fc.array(attribute, { maxLength: 20 }), fc.nat(9), (attributes, at) => {
      const w = new MsMessageWriter(new Uint8Array(512).fill(0xee), at, 0x0003, ID);
      for (const [type, value] of attributes) w.raw(type, value);
      expect(view.read(w.bytes, at, w.end)).toBe('ok');
      expect(view.transactionId).toEqual(ID);
      const listed = Array.from({ length: view.count }, (_, i) => [view.typeAt(i), view.valueAt(i).slice()]);
      expect(listed.slice(1)).toEqual(attributes);
    }),
  );
});
