import { describe, expect, test } from 'vitest';
import { MessageView } from './message-view.ts';
import { MessageWriter } from './message-writer.ts';
import { ATTRIBUTES, CLASSES, METHODS } from './registry.ts';

const ID = new Uint8Array(12).fill(7);

test('the length field is true after every call', () => {
  const writer = message(new Uint8Array(200));
  const lengths = [writer.message.length];
  for (const write of [() => writer.flag(0x1a), () => writer.text(6, 'abc'), () => writer.fingerprint()]) {
    write();
    lengths.push(writer.message.length);
    expect(((writer.bytes[2]! << 8) | writer.bytes[3]!) + 20).toBe(writer.end);
  }
  expect(lengths).toEqual([20, 24, 32, 40]);
});

test('a transaction id may be borrowed from the very bytes that are written', () => {
  const bytes = Uint8Array.from({ length: 200 }, (_, i) => i);
  const id = bytes.slice(4, 16);
  const view = new MessageView();
  const writer = new MessageWriter(bytes, 0, METHODS.Binding, CLASSES.success, bytes.subarray(4, 16)).flag(0x1a);
  expect(view.read(bytes, 0, writer.end)).toBe('ok');
  expect(view.transactionId).toEqual(id);
});

test('text is UTF-8 and counted in bytes', () => {
  const writer = message(new Uint8Array(200)).text(ATTRIBUTES.Realm, 'näh');
  expect([...writer.message.subarray(20)]).toEqual([0, 0x14, 0, 4, 0x6e, 0xc3, 0xa4, 0x68]);
});

describe('our own mistakes are thrown:', () => {
  test('a message that does not fit', () => {
    expect(() => message(new Uint8Array(19))).toThrow(RangeError);
    expect(() => message(new Uint8Array(27)).uint32(0x0d, 1)).toThrow(RangeError);
    expect(() => message(new Uint8Array(28)).uint32(0x0d, 1)).not.toThrow();
    expect(() => message(new Uint8Array(27)).raw(0x0d, [1])).toThrow(RangeError);
  });

  test('a transaction id of another length', () => {
    const make = (length: number) => () => new MessageWriter(new Uint8Array(99), 0, 1, 0, new Uint8Array(length));
    expect(make(11)).toThrow(RangeError);
    expect(make(16)).toThrow(RangeError);
  });

  test('more than the length field can say', () => {
    const writer = message(new Uint8Array(80_000));
    writer.raw(ATTRIBUTES.Data, new Uint8Array(65_528));
    expect(() => message(new Uint8Array(80_000)).raw(ATTRIBUTES.Data, new Uint8Array(65_529))).toThrow(RangeError);
    expect(() => writer.flag(0x1a)).toThrow(RangeError);
    expect(new MessageView().read(writer.bytes, 0, writer.end)).toBe('ok');
  });
});

function message(bytes: Uint8Array): MessageWriter {
  return new MessageWriter(bytes, 0, METHODS.Allocate, CLASSES.request, ID);
}
