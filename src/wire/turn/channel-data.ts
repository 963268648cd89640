import type { Channel } from '../ids.ts';

export type MalformedChannelData = 'too-short' | 'not-a-channel' | 'length-exceeds-datagram';

/** Bytes of a ChannelData header: channel number and length (RFC 8656 §12.4). */
export const CHANNEL_HEADER = 4;
export const FIRST_CHANNEL = 0x4000;
/** RFC 5766's end of the range, which its clients still draw from; RFC 8656 §12 ends at 0x4fff (ADR 0010). */
export const LAST_CHANNEL = 0x7fff;

/** The channel of an allocation's active destination in the Microsoft dialect: what it carries has no header (MS-TURN §3.3.5.3). */
export const BARE = 0 as Channel;

/** Whether a first byte belongs to ChannelData and not to STUN, TLS, DTLS or RTP (RFC 8656 §12, RFC 7983 §7). */
export function isChannelByte(byte: number): boolean {
  return byte >= 0x40 && byte <= 0x7f;
}

/** The channel number of the ChannelData message in b[start, end), or why it is not one. Allocates nothing. */
export function channelOf(b: Uint8Array, start: number, end: number): Channel | MalformedChannelData {
  if (end - start < CHANNEL_HEADER) return 'too-short';
  const channel = (b[start]! << 8) | b[start + 1]!;
  if (channel < FIRST_CHANNEL || channel > LAST_CHANNEL) return 'not-a-channel';
  return start + CHANNEL_HEADER + lengthOf(b, start) > end ? 'length-exceeds-datagram' : (channel as Channel);
}

/** The payload length a ChannelData header names. */
export function lengthOf(b: Uint8Array, start: number): number {
  return (b[start + 2]! << 8) | b[start + 3]!;
}

/** Writes the header in front of a payload that starts at `payloadStart`; returns where the message starts. */
export function writeChannelHeader(b: Uint8Array, payloadStart: number, channel: number, length: number): number {
  const at = payloadStart - CHANNEL_HEADER;
  b[at] = channel >>> 8;
  b[at + 1] = channel;
  b[at + 2] = length >>> 8;
  b[at + 3] = length;
  return at;
}
