import { describe, expect, test } from 'vitest';
import { IN_ORDER, SAMPLE_KEY, SAMPLES, SEALS } from '../../../test/vectors/every-attribute.ts';
import {
  ATTRIBUTES,
  type Attribute,
  CLASSES,
  fingerprintOf,
  METHODS,
  MessageView,
  MessageWriter,
  verifyIntegrity,
} from '../index.ts';

const ID = Uint8Array.from({ length: 12 }, (_, i) => 0x90 + i);

describe.each(IN_ORDER)('%s', name => {
  const sample = SAMPLES[name];
  const type = ATTRIBUTES[name];

  test('is read as it was written', () => {
    const view = viewOf(sample.write(writer()));
    expect(view.count).toBe(1);
    expect(view.typeAt(0)).toBe(type);
    expect(sample.read(view, 0)).toEqual(sample.value);
  });

  test('is absent from a message without it', () => {
    const view = viewOf(writer());
    const absent = sample.read(view, view.find(type));
    expect(absent).toBeUndefined();
    expect(sample.read(view, 0)).toBeUndefined();
  });

  test('of any other length is refused, or read without looking beyond it', () => {
    const value = viewOf(sample.write(writer())).valueAt(0).slice();
    for (let length = 0; length < value.length; length++) {
      const view = viewOf(writer().raw(type, value.subarray(0, length)));
      const read = sample.read(view, 0);
      if (length === sample.alsoLength) expect(read).toEqual(sample.value);
      else if (sample.shape === 'fixed') expect(read).toBeUndefined();
      else expect(read).not.toEqual(sample.value);
    }
    const longer = viewOf(writer().raw(type, Uint8Array.of(...value, 1)));
    expect(sample.read(longer, 0)).not.toEqual(sample.value);
  });

  test('leaves nothing of what lay there before', () => {
    const length = viewOf(sample.write(writer())).lengthAt(0);
    const message = sample.write(writer(0xaa)).message;
    expect(message).toEqual(sample.write(writer(0)).message);
    expect([...message.subarray(24 + length)]).toEqual(Array((4 - (length % 4)) % 4).fill(0));
  });
});

describe('a message with every attribute', () => {
  const whole = messageOf(IN_ORDER);

  test('is read as it was written', () => {
    const view = viewOf(whole);
    expect(view.count).toBe(IN_ORDER.length);
    for (const name of IN_ORDER) {
      expect(SAMPLES[name].read(view, view.find(ATTRIBUTES[name])), name).toEqual(SAMPLES[name].value);
    }
    expect(view.transactionId).toEqual(ID);
    expect(verifyIntegrity(view, 'sha1', SAMPLE_KEY)).toBe(true);
    expect(verifyIntegrity(view, 'sha256', SAMPLE_KEY)).toBe(true);
    expect(fingerprintOf(view)).toBe('right');
  });

  test('is refused at every truncation', () => {
    const view = new MessageView();
    const { bytes, start, end } = whole;
    for (let cut = start; cut < end; cut++) expect(view.read(bytes, start, cut)).not.toBe('ok');
    expect(view.read(bytes, start, end + 1)).toBe('length-mismatch');
    expect(view.count).toBe(0);
  });

  test('with one byte changed is never taken for the whole: its fingerprint or its form tells', () => {
    const bytes = whole.message.slice();
    const view = new MessageView();
    for (let at = 0; at < bytes.length; at++) {
      const was = bytes[at]!;
      for (const now of [was ^ 1, was ^ 0x80, was ^ 0xff, was ^ 0x10]) {
        bytes[at] = now;
        const said = view.read(bytes, 0, bytes.length);
        if (said === 'ok') {
          expect(fingerprintOf(view)).not.toBe('right');
          for (const name of IN_ORDER) SAMPLES[name].read(view, view.find(ATTRIBUTES[name]));
        }
      }
      bytes[at] = was;
    }
  });

  test('with one byte changed before the end of an integrity attribute fails that integrity', () => {
    const bytes = whole.message.slice();
    const view = viewOf(whole);
    const sha1End = view.offsetAt(view.find(ATTRIBUTES.MessageIntegrity)) - whole.start + 20;
    for (let at = 0; at < bytes.length; at++) {
      bytes[at]! ^= 0x04;
      const isIntact = view.read(bytes, 0, bytes.length) === 'ok' && verifyIntegrity(view, 'sha1', SAMPLE_KEY);
      expect(isIntact).toBe(at >= sha1End && view.read(bytes, 0, bytes.length) === 'ok');
      bytes[at]! ^= 0x04;
    }
  });
});

describe('after what seals a message', () => {
  const MAY_FOLLOW: Partial<Record<Attribute, readonly Attribute[]>> = {
    MessageIntegrity: ['MessageIntegritySha256', 'Fingerprint'], // RFC 8489 §14.5
    MessageIntegritySha256: ['Fingerprint'], // RFC 8489 §14.6
    Fingerprint: [],
  };

  test.each(SEALS)('%s, no attribute is listed but those the RFC allows', seal => {
    for (const name of IN_ORDER) {
      const view = viewOf(SAMPLES[name].write(SAMPLES[seal].write(writer())));
      const listed = Array.from({ length: view.count }, (_, i) => view.typeAt(i));
      const follows = MAY_FOLLOW[seal]!.includes(name) ? [ATTRIBUTES[name]] : [];
      expect(listed, `${name} after ${seal}`).toEqual([ATTRIBUTES[seal], ...follows]);
    }
  });

  test.each(SEALS)('%s, attributes nobody knows are not listed either', seal => {
    const view = viewOf(SAMPLES[seal].write(writer()).uint32(0x7abc, 1).uint32(0xcabc, 1));
    expect(view.count).toBe(1);
  });

  test('what was hidden between two seals stays hidden, though the second covers it', () => {
    const message = writer().integrity(SAMPLE_KEY).uint32(ATTRIBUTES.Lifetime, 9).integritySha256(SAMPLE_KEY);
    const view = viewOf(message);
    expect(view.has(ATTRIBUTES.Lifetime)).toBe(false);
    expect(verifyIntegrity(view, 'sha256', SAMPLE_KEY)).toBe(true);
  });
});

function writer(before = 0xaa): MessageWriter {
  const bytes = new Uint8Array(1200).fill(before);
  return new MessageWriter(bytes, 4, METHODS.Allocate, CLASSES.request, ID);
}

function messageOf(names: readonly Attribute[]): MessageWriter {
  return names.reduce((w, name) => SAMPLES[name].write(w), writer());
}

function viewOf(message: MessageWriter): MessageView {
  const view = new MessageView();
  expect(view.read(message.bytes, message.start, message.end)).toBe('ok');
  return view;
}
