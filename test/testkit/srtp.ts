import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';

/*
 * Reads what AES_CM_128_HMAC_SHA1_80 protects (RFC 3711, RFC 4568 §6.2), to show that media on a wire is that and nothing else.
 *
 *   | RTP header | encrypted payload | HMAC-SHA1, 10 of 20, over all before and the rollover counter |
 *   | RTCP, of which 8 bytes plain | E, index 31 | HMAC-SHA1, 10 of 20, over all before |
 */
const TAG = 10;
const KEY = 16;
const RTCP_PLAIN = 8;
const LABELS = { rtp: 0, rtcp: 3 } as const;

interface SessionKeys {
  readonly cipher: Uint8Array;
  readonly authentication: Uint8Array;
  readonly salt: Uint8Array;
}

/** One direction of a session, by the key of its sender. */
export class SrtpReader {
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;

  /** `inline` is the base64 of an `a=crypto` line: 16 bytes of master key, 14 of master salt. */
  constructor(inline: string) {
    const master = Buffer.from(inline, 'base64');
    if (master.length !== 30) throw new Error(`${master.length} bytes are no key`);
    this.#rtp = sessionKeys(master, LABELS.rtp);
    this.#rtcp = sessionKeys(master, LABELS.rtcp);
  }

  /** The payload in the clear; undefined when it is not of this key. A test is over before a counter has rolled over twice. */
  rtp(packet: Uint8Array): Buffer | undefined {
    const { authentication, cipher, salt } = this.#rtp;
    const bytes = Buffer.from(packet);
    const [head, tag] = [bytes.subarray(0, -TAG), bytes.subarray(-TAG)];
    const rollover = [0, 1].find(count => isTagOf(tag, authentication, head, uint32(count)));
    if (rollover === undefined) return undefined;
    const index = Buffer.concat([uint32(rollover), head.subarray(2, 4)]);
    return decrypted(cipher, vector(salt, head.subarray(8, 12), index), head.subarray(rtpHeaderLength(head)));
  }

  /** The same of a compound RTCP packet (RFC 3711 §3.4). */
  rtcp(packet: Uint8Array): Buffer | undefined {
    const { authentication, cipher, salt } = this.#rtcp;
    const bytes = Buffer.from(packet);
    const [head, tag] = [bytes.subarray(0, -TAG), bytes.subarray(-TAG)];
    if (!isTagOf(tag, authentication, head)) return undefined;
    const index = head.readUInt32BE(head.length - 4);
    const body = head.subarray(RTCP_PLAIN, -4);
    if (index < 0x8000_0000) return Buffer.from(body); // E is 0: not encrypted
    const number = Buffer.concat([Buffer.alloc(2), uint32(index - 0x8000_0000)]);
    return decrypted(cipher, vector(salt, head.subarray(4, 8), number), body);
  }
}

/** RFC 3711 §4.3: the label stands at the seventh byte of the salt's fourteen; the key derivation rate is 0. */
export function sessionKeys(master: Uint8Array, firstLabel: number): SessionKeys {
  const derive = (label: number, length: number) => {
    const iv = Buffer.alloc(16);
    iv.set(master.subarray(KEY));
    iv[7]! ^= label;
    return keystream(master.subarray(0, KEY), iv, length);
  };
  return {
    cipher: derive(firstLabel, 16),
    authentication: derive(firstLabel + 1, 20),
    salt: derive(firstLabel + 2, 14),
  };
}

/** RFC 3711 §4.1.1: salt, SSRC and index, each at its place. */
function vector(salt: Uint8Array, ssrc: Uint8Array, index: Uint8Array): Buffer {
  const iv = Buffer.alloc(16);
  iv.set(salt);
  for (let i = 0; i < 4; i++) iv[4 + i]! ^= ssrc[i]!;
  for (let i = 0; i < 6; i++) iv[8 + i]! ^= index[i]!;
  return iv;
}

function decrypted(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Buffer {
  return createCipheriv('aes-128-ctr', key, iv).update(bytes);
}

function keystream(key: Uint8Array, iv: Uint8Array, length: number): Buffer {
  return decrypted(key, iv, Buffer.alloc(length));
}

function isTagOf(tag: Uint8Array, key: Uint8Array, ...parts: readonly Uint8Array[]): boolean {
  const hmac = createHmac('sha1', key);
  for (const part of parts) hmac.update(part);
  return tag.length === TAG && timingSafeEqual(hmac.digest().subarray(0, TAG), tag);
}

function rtpHeaderLength(bytes: Buffer): number {
  const fixed = 12 + (bytes[0]! & 15) * 4;
  const hasExtension = (bytes[0]! & 0x10) !== 0;
  return hasExtension ? fixed + 4 + bytes.readUInt16BE(fixed + 2) * 4 : fixed;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
