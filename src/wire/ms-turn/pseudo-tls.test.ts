import { expect, test } from 'vitest';
import { fromHex, MS_VECTORS } from '../../../test/vectors/ms-turn.ts';
import { greetingOf, LONGEST_GREETING } from '../stream/greeting.ts';
import {
  mayBePseudoTlsHello,
  PSEUDO_TLS_ANSWER_LENGTH,
  PSEUDO_TLS_HELLO_LENGTH,
  pseudoTlsAnswer,
} from './pseudo-tls.ts';

const HELLO = fromHex(`160301002d010000290301${'5a'.repeat(32)}00000200180100`);
const ALLOCATE = fromHex(MS_VECTORS.allocate);
const FRAME = Uint8Array.from([2, 0, 0, ALLOCATE.length, ...ALLOCATE]);
const greeting = (bytes: ArrayLike<number>) => greetingOf(Uint8Array.from(bytes), bytes.length);
const RANDOM_AT = 11;

test('the ClientHello is known by all of its bytes but time and random', () => {
  expect(HELLO).toHaveLength(PSEUDO_TLS_HELLO_LENGTH);
  expect(greeting(HELLO)).toBe('pseudo-tls');
  for (let at = 1; at < HELLO.length; at++) {
    const other = HELLO.slice();
    other[at]! ^= 0x40;
    const isRandom = at >= RANDOM_AT && at < RANDOM_AT + 32;
    expect(greeting(other), `byte ${at}`).toBe(isRandom ? 'pseudo-tls' : 'tls');
    expect(mayBePseudoTlsHello(other, other.length)).toBe(isRandom);
  }
});

test('its answer has the shape clients compare, and nothing of it but the random bytes differs', () => {
  const answer = pseudoTlsAnswer(new Uint8Array(64).fill(0xaa));
  expect(answer).toHaveLength(PSEUDO_TLS_ANSWER_LENGTH);
  const text = Buffer.from(answer).toString('hex');
  expect(text).toBe(`160301004e020000460301${'aa'.repeat(32)}20${'aa'.repeat(32)}0018000e000000`);
  expect(() => pseudoTlsAnswer(new Uint8Array(63))).toThrow(RangeError);
});

test.each<[string, ArrayLike<number>, string]>([
  ['a pseudo-TLS hello', HELLO, 'pseudo-tls'],
  ['a pseudo-TLS hello and what must not follow yet', [...HELLO, ...FRAME], 'pseudo-tls'],
  ['a TLS 1.3 hello', fromHex(`16030102000100${'01fc0303'}${'77'.repeat(60)}`), 'tls'],
  ['frames of the Microsoft dialect', FRAME, 'ms-turn'],
  ['a Binding', fromHex('000100002112a442aabbccddeeff001122334455'), 'stun'],
  ['a STUN method nobody knows', fromHex('020000002112a442aabbccddeeff001122334455'), 'stun'],
  ['a control frame without the cookie', [2, 0, 0, 40, ...new Uint8Array(40)], 'unknown'],
  ['a frame with a reserved byte', FRAME.with(1, 1), 'unknown'],
  ['a broken first data frame', [3, 0, 0, 3, 0, 0, 0, 0], 'stun'],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n'), 'unknown'],
  ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'), 'unknown'],
  ['ChannelData', [0x40, 0, 0, 0], 'unknown'],
])('%s', (_, bytes, kind) => {
  expect(greeting(bytes)).toBe(kind);
  expect(greetingOf(Uint8Array.from(bytes), Math.min(bytes.length, LONGEST_GREETING))).toBe(kind);
  for (let length = 0; length < bytes.length; length++) {
    // Whatever is said early is what is said in the end, and by the 50th byte something is.
    const said = greetingOf(Uint8Array.from(bytes), length);
    expect(said === kind || (said === 'more' && length < LONGEST_GREETING)).toBe(true);
  }
});
