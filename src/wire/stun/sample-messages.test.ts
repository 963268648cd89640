import { expect, test } from 'vitest';
import * as vectors from '../../../test/vectors/stun-messages.ts';
import {
  AddressBuffer,
  ATTRIBUTES,
  CLASSES,
  fingerprintOf,
  formatAddress,
  longTermKey,
  METHODS,
  MessageView,
  MessageWriter,
  readBytes,
  readPasswordAlgorithm,
  readText,
  readUint32,
  readUint64,
  readXorAddressAt,
  userhash,
  verifyIntegrity,
} from '../index.ts';

const { LONG_TERM, SHORT_TERM_KEY } = vectors;

test('the sample request of RFC 5769 §2.1 reads and validates', () => {
  const view = read(vectors.SAMPLE_REQUEST);
  expect([view.method, view.class, view.count]).toEqual([METHODS.Binding, CLASSES.request, 6]);
  expect(readText(view, view.find(ATTRIBUTES.Software))).toBe('STUN test client');
  expect(readUint32(view, view.find(ATTRIBUTES.Priority))).toBe(0x6e0001ff);
  expect(readUint64(view, view.find(ATTRIBUTES.IceControlled))).toBe(0x932ff9b151263b36n);
  expect(readText(view, view.find(ATTRIBUTES.Username))).toBe('evtj:h6vY');
  expect(verifyIntegrity(view, 'sha1', SHORT_TERM_KEY)).toBe(true);
  expect(fingerprintOf(view)).toBe('right');
});

test.each([
  ['§2.2', vectors.SAMPLE_IPV4_RESPONSE, '192.0.2.1:32853'],
  ['§2.3', vectors.SAMPLE_IPV6_RESPONSE, '[2001:db8:1234:5678:11:2233:4455:6677]:32853'],
])('the sample response of RFC 5769 %s reads and validates', (_, bytes, mapped) => {
  const view = read(bytes);
  const address = new AddressBuffer();
  expect([view.method, view.class, view.count]).toEqual([METHODS.Binding, CLASSES.success, 4]);
  expect(readXorAddressAt(view, view.find(ATTRIBUTES.XorMappedAddress), address)).toBe(true);
  expect(formatAddress(address)).toBe(mapped);
  expect(verifyIntegrity(view, 'sha1', SHORT_TERM_KEY)).toBe(true);
  expect(fingerprintOf(view)).toBe('right');
});

test('the long-term request of RFC 5769 §2.4 reads and validates, and is what we write ourselves', () => {
  const view = read(vectors.SAMPLE_LONG_TERM_REQUEST);
  const { username, realm, password } = LONG_TERM;
  const key = longTermKey('md5', username, realm, password);
  expect(readText(view, view.find(ATTRIBUTES.Username))).toBe(username);
  expect(readText(view, view.find(ATTRIBUTES.Nonce))).toBe('f//499k954d6OL34oL9FSTvy64sA');
  expect(verifyIntegrity(view, 'sha1', key)).toBe(true);
  const written = new MessageWriter(new Uint8Array(200), 0, METHODS.Binding, CLASSES.request, view.transactionId)
    .text(ATTRIBUTES.Username, username)
    .text(ATTRIBUTES.Nonce, 'f//499k954d6OL34oL9FSTvy64sA')
    .text(ATTRIBUTES.Realm, realm)
    .integrity(key);
  expect(written.message).toEqual(vectors.SAMPLE_LONG_TERM_REQUEST);
});

test('the USERHASH request of RFC 8489 appendix B.1 reads and validates, and is what we write ourselves', () => {
  const view = read(vectors.SAMPLE_USERHASH_REQUEST);
  const { username, realm, password } = LONG_TERM;
  const key = longTermKey('sha-256', username, realm, password);
  const nonce = 'obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA';
  const hash = userhash(username, realm);
  expect(Buffer.from(readBytes(view, view.find(ATTRIBUTES.Userhash), 32)!)).toEqual(Buffer.from(hash));
  expect(readPasswordAlgorithm(view, view.find(ATTRIBUTES.PasswordAlgorithm))?.algorithm).toBe(2);
  expect(verifyIntegrity(view, 'sha256', key)).toBe(true);
  const written = new MessageWriter(new Uint8Array(200), 0, METHODS.Binding, CLASSES.request, view.transactionId)
    .raw(ATTRIBUTES.Userhash, hash)
    .text(ATTRIBUTES.Nonce, nonce)
    .text(ATTRIBUTES.Realm, realm)
    .passwordAlgorithms(ATTRIBUTES.PasswordAlgorithm, [{ algorithm: 2, parameters: new Uint8Array(0) }])
    .integritySha256(key);
  expect(written.message).toEqual(vectors.SAMPLE_USERHASH_REQUEST);
});

test('no sample validates under another key', () => {
  const all = [
    vectors.SAMPLE_REQUEST,
    vectors.SAMPLE_IPV4_RESPONSE,
    vectors.SAMPLE_IPV6_RESPONSE,
    vectors.SAMPLE_LONG_TERM_REQUEST,
    vectors.SAMPLE_USERHASH_REQUEST,
  ];
  for (const bytes of all) {
    const view = read(bytes);
    expect(verifyIntegrity(view, 'sha1', new Uint8Array(16))).toBe(false);
    expect(verifyIntegrity(view, 'sha256', new Uint8Array(16))).toBe(false);
  }
});

function read(bytes: Uint8Array): MessageView {
  const view = new MessageView();
  expect(view.read(bytes, 0, bytes.length)).toBe('ok');
  return view;
}
