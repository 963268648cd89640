/*
 * Pseudo-TLS (MS-TURN §2.1.1): one exchange that looks like a TLS handshake to what stands between. Nothing is ever encrypted.
 */

/** Everything of the ClientHello but time and random, which may be anything. */
const HELLO_HEAD = [0x16, 3, 1, 0, 0x2d, 1, 0, 0, 0x29, 3, 1];
const HELLO_TAIL = [0, 0, 2, 0, 0x18, 1, 0];
export const PSEUDO_TLS_HELLO_LENGTH = 50;
const RANDOM_AT = HELLO_HEAD.length;
const RANDOM_END = PSEUDO_TLS_HELLO_LENGTH - HELLO_TAIL.length;

/** Whether b[0, length) is, or may become, a pseudo-TLS ClientHello. No TLS library of our time makes one of this shape. */
export function mayBePseudoTlsHello(b: Uint8Array, length: number): boolean {
  const until = Math.min(length, PSEUDO_TLS_HELLO_LENGTH);
  for (let i = 0; i < until; i++) {
    if (i < RANDOM_AT ? b[i] !== HELLO_HEAD[i] : i >= RANDOM_END && b[i] !== HELLO_TAIL[i - RANDOM_END]) return false;
  }
  return true;
}

/** ServerHello and ServerHelloDone in one record. */
const ANSWER_HEAD = [0x16, 3, 1, 0, 0x4e, 2, 0, 0, 0x46, 3, 1];
const ANSWER_TAIL = [0, 0x18, 0, 0x0e, 0, 0, 0];
const SESSION_LENGTH = 32;
export const PSEUDO_TLS_ANSWER_LENGTH = 83;
/** Time, random and session id. */
export const PSEUDO_TLS_RANDOM_LENGTH = 64;

/** The answer, to be written at once and with nothing behind it: clients read exactly this many bytes. */
export function pseudoTlsAnswer(random: Uint8Array): Uint8Array {
  if (random.length !== PSEUDO_TLS_RANDOM_LENGTH) throw new RangeError('64 random bytes are needed');
  return Uint8Array.from([
    ...ANSWER_HEAD,
    ...random.subarray(0, 32),
    SESSION_LENGTH,
    ...random.subarray(32),
    ...ANSWER_TAIL,
  ]);
}
