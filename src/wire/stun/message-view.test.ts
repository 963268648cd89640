import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_ATTRIBUTES } from '../attribute-list.ts';
import { type Malformed, MessageView } from './message-view.ts';
import { MessageWriter, typeOf } from './message-writer.ts';
import { CLASSES, METHODS } from './registry.ts';

const ID = new Uint8Array(12).fill(7);

test.each<[string, Malformed, (bytes: Uint8Array) => Uint8Array]>([
  ['cut inside the header', 'too-short', b => b.subarray(0, 19)],
  ['empty', 'too-short', b => b.subarray(0, 0)],
  ['whose first bits are 01', 'not-stun', b => patched(b, 0, 0x40)],
  ['whose first bits are 10', 'not-stun', b => patched(b, 0, 0x80)],
  ['without the magic cookie', 'not-stun', b => patched(b, 7, 0x43)],
  ['of odd length', 'length-not-a-multiple-of-4', b => patched(b, 3, 9)],
  ['shorter than it says', 'length-mismatch', b => patched(b, 3, 12)],
  ['longer than it says', 'length-mismatch', b => patched(b, 3, 4)],
  ['with an attribute longer than itself', 'attribute-exceeds-message', b => patched(b, 23, 5)],
  [
    'with an attribute of the greatest length',
    'attribute-exceeds-message',
    b => patched(patched(b, 22, 0xff), 23, 0xff),
  ],
])('a message %s is %s, and lists nothing', (_, reason, change) => {
  const view = new MessageView();
  const good = message().uint32(0x000d, 600).message;
  expect(view.read(good, 0, good.length)).toBe('ok');
  const bad = change(good.slice());
  expect(view.read(bad, 0, bad.length)).toBe(reason);
  expect(view.count).toBe(0);
  expect(view.find(0x000d)).toBe(-1);
});

test('as many attributes are read as are allowed, and not one more', () => {
  const view = new MessageView();
  const most = message();
  for (let i = 0; i < MOST_ATTRIBUTES; i++) most.flag(0x001a);
  expect(view.read(most.bytes, 0, most.end)).toBe('ok');
  expect(view.count).toBe(MOST_ATTRIBUTES);
  most.flag(0x001a);
  expect(view.read(most.bytes, 0, most.end)).toBe('too-many-attributes');
  expect(view.count).toBe(0);
});

test('of duplicates the first is found, and the next on demand', () => {
  const view = new MessageView();
  const twice = message().uint32(0x0012, 1).flag(0x001a).uint32(0x0012, 2);
  view.read(twice.bytes, 0, twice.end);
  const first = view.find(0x0012);
  expect([first, view.find(0x0012, first + 1), view.find(0x0012, 3)]).toEqual([0, 2, -1]);
});

test('method and class survive the way they are woven into the type, for every type there is', () => {
  const view = new MessageView();
  const bytes = message().message.slice();
  for (let type = 0; type <= 0x3fff; type++) {
    bytes[0] = type >>> 8;
    bytes[1] = type;
    expect(view.read(bytes, 0, bytes.length)).toBe('ok');
    expect(typeOf(view.method, view.class)).toBe(type);
  }
});

test('types are those on the wire', () => {
  expect(typeOf(METHODS.Binding, CLASSES.success)).toBe(0x0101);
  expect(typeOf(METHODS.Allocate, CLASSES.error)).toBe(0x0113);
  expect(typeOf(METHODS.Data, CLASSES.indication)).toBe(0x0017);
});

test('any attributes written are read again, in order, wherever the message lies', () => {
  const attributes = fc.array(
    fc.tuple(
      fc.nat(0xffff).filter(type => ![0x0008, 0x001c, 0x8028].includes(type)),
      fc.uint8Array({ maxLength: 40 }),
    ),
    { maxLength: MOST_ATTRIBUTES },
  );
  const view = new MessageView();
  fc.assert(
    fc.property(attributes, fc.nat(30), (list, start) => {
      const writer = new MessageWriter(new Uint8Array(4000).fill(0xaa), start, METHODS.Send, CLASSES.indication, ID);
      for (const [type, value] of list) writer.raw(type, value);
      expect(view.read(writer.bytes, start, writer.end)).toBe('ok');
      expect(Array.from({ length: view.count }, (_, i) => [view.typeAt(i), view.valueAt(i)])).toEqual(list);
    }),
  );
});

test('arbitrary bytes are read or refused, never thrown at', () => {
  const view = new MessageView();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), body => {
      const bytes = Uint8Array.of(...message().message, ...body, ...new Uint8Array((4 - (body.length & 3)) & 3));
      bytes[2] = (bytes.length - 20) >>> 8;
      bytes[3] = bytes.length - 20;
      const said = view.read(bytes, 0, bytes.length);
      if (said !== 'ok') expect(view.count).toBe(0);
      for (let i = 0; i < view.count; i++)
        expect(view.offsetAt(i) + view.lengthAt(i)).toBeLessThanOrEqual(bytes.length);
    }),
  );
});

function message(): MessageWriter {
  return new MessageWriter(new Uint8Array(400), 0, METHODS.Refresh, CLASSES.request, ID);
}

function patched(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  bytes[at] = byte;
  return bytes;
}
