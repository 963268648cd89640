import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  dataIndicationEnd,
  dataIndicationHeader,
  formatAddress,
  METHODS,
  MessageView,
  MessageWriter,
  parseIp,
  readPeerAddress,
  withPort,
  writeDataIndication,
} from '../index.ts';

const ID = Uint8Array.from({ length: 12 }, (_, i) => 0xa0 + i);
const V4 = withPort(parseIp('192.0.2.9')!, 50000);
const V6 = withPort(parseIp('2001:db8::9')!, 50001);

describe.each([
  ['IPv4', V4, 36],
  ['IPv6', V6, 48],
])('a Data indication from an %s peer', (_, peer, header) => {
  test('is what the writer would write, made around the payload where it lies', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), fc.nat(9), (payload, offset) => {
        const payloadStart = header + offset;
        const payloadEnd = payloadStart + payload.length;
        const bytes = new Uint8Array(payloadEnd + 4).fill(0xaa);
        bytes.set(payload, payloadStart);
        const start = writeDataIndication(bytes, payloadStart, payloadEnd, peer, ID);
        const end = dataIndicationEnd(payloadStart, payloadEnd);
        const expected = new MessageWriter(new Uint8Array(1600), 0, METHODS.Data, CLASSES.indication, ID)
          .xorAddress(ATTRIBUTES.XorPeerAddress, peer)
          .raw(ATTRIBUTES.Data, payload);
        expect(bytes.subarray(start, end)).toEqual(expected.message);
        expect(start).toBe(payloadStart - dataIndicationHeader(peer));
        expect([...bytes.subarray(0, start), ...bytes.subarray(end)].every(byte => byte === 0xaa)).toBe(true);
      }),
    );
  });

  test('is read again', () => {
    const bytes = new Uint8Array(200);
    const start = writeDataIndication(bytes, 64, 64 + 5, peer, ID);
    const view = new MessageView();
    const from = new AddressBuffer();
    expect(view.read(bytes, start, dataIndicationEnd(64, 69))).toBe('ok');
    expect(readPeerAddress(view, view.find(ATTRIBUTES.XorPeerAddress), from)).toBe(true);
    expect(formatAddress(from)).toBe(formatAddress(peer));
    expect([view.offsetAt(1), view.lengthAt(1)]).toEqual([64, 5]);
  });

  test('without room in front or behind is our mistake', () => {
    expect(() => writeDataIndication(new Uint8Array(200), header - 1, 100, peer, ID)).toThrow(RangeError);
    expect(() => writeDataIndication(new Uint8Array(101), 64, 101, peer, ID)).toThrow(RangeError);
    expect(writeDataIndication(new Uint8Array(104), 64, 101, peer, ID)).toBe(64 - header);
  });

  test('is not made of a payload that the length field cannot count', () => {
    const bytes = new Uint8Array(66_000);
    const most = 0xfffc - (header - 20);
    expect(writeDataIndication(bytes, header, header + most, peer, ID)).toBe(0);
    expect(new MessageView().read(bytes, 0, header + most)).toBe('ok');
    expect(writeDataIndication(bytes, header, header + most + 1, peer, ID)).toBe(-1);
  });
});
