import { createHmac, timingSafeEqual } from 'node:crypto';

/*
 * What probe and doctor say to each other, as datagrams between their relays. Every one is signed with the key of the token, so nobody
 * else is heard.
 *
 *   | "SPR1" | type 1 | from 1 | index 2 | count 2 | payload | HMAC-SHA256 over all before, 16 of 32 |
 */

export type FrameType = 'hello' | 'time' | 'part' | 'got';
export type Speaker = 'probe' | 'doctor';

export interface Frame {
  readonly type: FrameType;
  readonly index: number;
  readonly count: number;
  readonly payload: Uint8Array;
}

const MAGIC = Buffer.from('SPR1');
const TYPES: readonly FrameType[] = ['hello', 'time', 'part', 'got'];
const SPEAKERS: readonly Speaker[] = ['probe', 'doctor'];
const HEADER = 10;
const SEAL = 16;
/** Small enough for every path, Send indication and all. */
export const PART_LENGTH = 900;
export const MOST_PARTS = 512;

export function encodeFrame(frame: Frame, from: Speaker, key: Uint8Array): Uint8Array {
  const head = Buffer.alloc(HEADER);
  MAGIC.copy(head);
  head[4] = TYPES.indexOf(frame.type);
  head[5] = SPEAKERS.indexOf(from);
  head.writeUInt16BE(frame.index, 6);
  head.writeUInt16BE(frame.count, 8);
  const body = Buffer.concat([head, frame.payload]);
  return Buffer.concat([body, sealOf(body, key)]);
}

/** A frame that the other one signed; undefined for everything else. */
export function decodeFrame(bytes: Uint8Array, from: Speaker, key: Uint8Array): Frame | undefined {
  const end = bytes.length - SEAL;
  if (end < HEADER || end > HEADER + PART_LENGTH || Buffer.compare(bytes.subarray(0, 4), MAGIC) !== 0) return undefined;
  const body = Buffer.from(bytes.subarray(0, end));
  if (!timingSafeEqual(sealOf(body, key), bytes.subarray(end))) return undefined;
  const type = TYPES[body[4]!];
  const [index, count] = [body.readUInt16BE(6), body.readUInt16BE(8)];
  if (type === undefined || SPEAKERS[body[5]!] !== from || index >= count || count > MOST_PARTS) return undefined;
  return { type, index, count, payload: Uint8Array.from(body.subarray(HEADER)) };
}

function sealOf(body: Uint8Array, key: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(body).digest().subarray(0, SEAL);
}
