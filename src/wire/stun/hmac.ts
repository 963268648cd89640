import { createHmac } from 'node:crypto';
import { type HmacHash, type KeyedHmac, keyedHmac } from '../keyed-hmac.ts';
import { sameBytes } from '../same-bytes.ts';
import { writeUint16At } from '../words.ts';

/** Longer messages than control traffic has are hashed piece by piece instead of being copied. */
const LONGEST_COPIED = 2048;

/** The HMAC of one hash and the key that it has: an answer is sealed with what its request was. */
class Prepared {
  readonly hmac: KeyedHmac;
  #key = new Uint8Array(0);

  constructor(algorithm: HmacHash) {
    this.hmac = keyedHmac(algorithm, this.#key, LONGEST_COPIED);
  }

  with(key: Uint8Array): KeyedHmac {
    if (!this.#has(key)) {
      this.#key = key.slice();
      this.hmac.rekey(key);
    }
    return this.hmac;
  }

  #has(key: Uint8Array): boolean {
    return key.length === this.#key.length && sameBytes(key, 0, this.#key, 0, key.length);
  }
}

/** Made with the first message: by then it is known who makes HMACs best. */
const prepared: Record<HmacHash, Prepared | undefined> = { sha1: undefined, sha256: undefined };

/**
 * Writes at `at` the HMAC (RFC 2104 §2) over the STUN message in bytes[start, end) as if its length field said `length`; the bytes are not
 * changed. The message is hashed as if zeros filled it up to a multiple of `filledTo`, a power of two of at most 64.
 */
export function messageHmacInto(
  algorithm: HmacHash,
  key: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  into: Uint8Array,
  at: number,
  filledTo = 1,
): void {
  const filled = (end - start + filledTo - 1) & -filledTo;
  if (filled > LONGEST_COPIED) {
    into.set(longMessageHmac(algorithm, key, bytes, start, end, length, filled), at);
    return;
  }
  prepared[algorithm] ??= new Prepared(algorithm);
  const hmac = prepared[algorithm].with(key);
  hmac.message.set(bytes.subarray(start, end));
  if (filled > end - start) hmac.message.fill(0, end - start, filled);
  writeUint16At(hmac.message, 2, length);
  hmac.into(into, at, filled);
}

function longMessageHmac(
  algorithm: HmacHash,
  key: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
  filled: number,
): Uint8Array {
  const head = Uint8Array.from(bytes.subarray(start, start + 4));
  writeUint16At(head, 2, length);
  return createHmac(algorithm, key)
    .update(head)
    .update(bytes.subarray(start + 4, end))
    .update(new Uint8Array(filled - (end - start)))
    .digest();
}
