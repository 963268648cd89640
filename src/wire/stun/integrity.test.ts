import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HmacHash } from '../keyed-hmac.ts';
import { crc32, fingerprintOf, fingerprintValue } from './fingerprint.ts';
import { messageHmacInto } from './hmac.ts';
import { longTermKey, userhash, verifyIntegrity } from './integrity.ts';
import { MessageView } from './message-view.ts';
import { MessageWriter } from './message-writer.ts';
import { ATTRIBUTES, CLASSES, METHODS } from './registry.ts';

const ID = new Uint8Array(12).fill(7);
const KEY = new Uint8Array(16).fill(3);

test('our HMAC is the HMAC of the crypto library around the block length of its keys', () => {
  const bytes = message().flag(ATTRIBUTES.DontFragment).message;
  for (let length = 62; length <= 67; length++) {
    const key = new Uint8Array(length).fill(0x41);
    const theirs = createHmac('sha1', key).update(bytes).digest();
    expect(hmacOf('sha1', key, bytes, 4)).toEqual(theirs);
  }
});

test('our HMAC is the HMAC of the crypto library, for keys and messages of any length', () => {
  const messages = fc.oneof(
    fc.uint8Array({ minLength: 20, maxLength: 300 }),
    fc.constantFrom(2047, 2048, 2049, 5000).map(length => new Uint8Array(length).fill(0x5a)),
  );
  fc.assert(
    fc.property(fc.constantFrom('sha1', 'sha256'), fc.uint8Array({ maxLength: 150 }), messages, (hash, key, bytes) => {
      const before = bytes.slice();
      const said = bytes.slice();
      said[2] = 0x12;
      said[3] = 0x34;
      const theirs = createHmac(hash, key).update(said).digest();
      expect(hmacOf(hash, key, bytes, 0x1234)).toEqual(theirs);
      expect(bytes).toEqual(before);
    }),
  );
});

test('our HMAC is of the key it is given, whichever it was given before and with whichever hash', () => {
  const bytes = message().flag(ATTRIBUTES.DontFragment).message;
  const key = new Uint8Array(16).fill(0x41);
  const keys = [key, key, new Uint8Array(20).fill(0x41), new Uint8Array(100).fill(0x41), new Uint8Array(0), key];
  for (const [i, one] of [...keys, ...keys.toReversed()].entries()) {
    key[3] = i; // the same object need not be the same key
    for (const kind of ['sha1', 'sha256'] as const) {
      expect(hmacOf(kind, one, bytes, 4)).toEqual(createHmac(kind, one).update(bytes).digest());
    }
  }
});

describe('MESSAGE-INTEGRITY-SHA256', () => {
  const whole = message().integritySha256(KEY);
  const mac = whole.message.slice(24);

  test.each([16, 20, 24, 28])('truncated to %i bytes is refused, but where a usage allows it', length => {
    const view = viewOf(truncated(length));
    expect(verifyIntegrity(view, 'sha256', KEY)).toBe(false);
    expect(verifyIntegrity(view, 'sha256', KEY, length)).toBe(true);
    expect(verifyIntegrity(view, 'sha256', KEY, length + 4)).toBe(false);
  });

  test.each([0, 4, 12, 15, 17, 18, 31])('of %i bytes is never right', length => {
    expect(verifyIntegrity(viewOf(truncated(length)), 'sha256', KEY, 0)).toBe(false);
  });

  test('longer than a hash is never right', () => {
    const view = viewOf(message().raw(ATTRIBUTES.MessageIntegritySha256, [...mac, 0, 0, 0, 0]));
    expect(verifyIntegrity(view, 'sha256', KEY, 16)).toBe(false);
  });

  /** As a sender that truncates would make it: the length counts the shorter attribute. */
  function truncated(length: number): MessageWriter {
    const writer = message().raw(ATTRIBUTES.MessageIntegritySha256, new Uint8Array(length));
    const made = hmacOf('sha256', KEY, writer.bytes.subarray(0, 20), 4 + length);
    writer.bytes.set(made.subarray(0, length), 24);
    return writer;
  }
});

test('MESSAGE-INTEGRITY of another length than 20 is never right', () => {
  for (const length of [0, 16, 19, 21, 24, 32]) {
    const view = viewOf(message().raw(ATTRIBUTES.MessageIntegrity, new Uint8Array(length)));
    expect(verifyIntegrity(view, 'sha1', KEY)).toBe(false);
  }
});

test('one integrity attribute does not stand for the other', () => {
  expect(verifyIntegrity(viewOf(message().integrity(KEY)), 'sha256', KEY)).toBe(false);
  expect(verifyIntegrity(viewOf(message().integritySha256(KEY)), 'sha1', KEY)).toBe(false);
});

test('integrity holds wherever the message lies, and whatever follows it', () => {
  const bytes = new Uint8Array(300).fill(0xaa);
  const writer = new MessageWriter(bytes, 13, METHODS.Refresh, CLASSES.request, ID).uint32(ATTRIBUTES.Lifetime, 0);
  const view = viewOf(writer.integrity(KEY).integritySha256(KEY).fingerprint());
  expect(verifyIntegrity(view, 'sha1', KEY)).toBe(true);
  expect(verifyIntegrity(view, 'sha256', KEY)).toBe(true);
  expect(fingerprintOf(view)).toBe('right');
});

test('integrity of a message longer than control traffic holds as well', () => {
  const bytes = new Uint8Array(5000);
  const writer = new MessageWriter(bytes, 0, METHODS.Send, CLASSES.indication, ID).raw(
    ATTRIBUTES.Data,
    new Uint8Array(4000),
  );
  expect(verifyIntegrity(viewOf(writer.integrity(KEY).fingerprint()), 'sha1', KEY)).toBe(true);
});

test('a fingerprint is wrong unless it is right, last and four bytes long', () => {
  expect(fingerprintOf(viewOf(message()))).toBe('absent');
  expect(fingerprintOf(viewOf(message().fingerprint()))).toBe('right');
  expect(fingerprintOf(viewOf(message().raw(ATTRIBUTES.Fingerprint, [1, 2, 3, 4])))).toBe('wrong');
  expect(fingerprintOf(viewOf(message().raw(ATTRIBUTES.Fingerprint, [])))).toBe('wrong');
  expect(fingerprintOf(viewOf(message().fingerprint().flag(0x8022)))).toBe('wrong');
});

test('a fingerprint that is right is wrong all the same when it is not last, or says another length', () => {
  const notLast = message().raw(ATTRIBUTES.Fingerprint, [0, 0, 0, 0]).flag(ATTRIBUTES.Software);
  const short = message().raw(ATTRIBUTES.Fingerprint, [0, 0, 0]);
  for (const writer of [notLast, short]) {
    const value = fingerprintValue(writer.bytes, 0, 20);
    writer.bytes.set([value >>> 24, value >>> 16, value >>> 8, value], 24);
    expect(fingerprintOf(viewOf(writer))).toBe('wrong');
  }
});

test('the checksum is the CRC-32 of V.42', () => {
  expect(crc32(Buffer.from('123456789'), 0, 9)).toBe(0xcbf43926);
});

test('keys are the hashes the RFC names', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  expect(hex(longTermKey('md5', 'user', 'realm', 'pass'))).toBe('8493fbc53ba582fb4c044c456bdc40eb'); // RFC 8489 §9.2.2
  expect(longTermKey('sha-256', 'user', 'realm', 'pass')).toHaveLength(32);
  expect(hex(userhash('a', 'b:c'))).toBe(hex(userhash('a:b', 'c')));
});

function hmacOf(kind: HmacHash, key: Uint8Array, bytes: Uint8Array, length: number): Buffer {
  const into = Buffer.alloc(50, 0x77);
  messageHmacInto(kind, key, bytes, 0, bytes.length, length, into, 9);
  const end = 9 + (kind === 'sha1' ? 20 : 32);
  expect([into.subarray(0, 9), into.subarray(end)].map(rest => rest.every(byte => byte === 0x77))).toEqual([
    true,
    true,
  ]);
  return into.subarray(9, end);
}

function message(): MessageWriter {
  return new MessageWriter(new Uint8Array(200), 0, METHODS.Refresh, CLASSES.request, ID);
}

function viewOf(writer: MessageWriter): MessageView {
  const view = new MessageView();
  expect(view.read(writer.bytes, writer.start, writer.end)).toBe('ok');
  return view;
}
