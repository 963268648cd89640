import { strict as assert } from 'node:assert';
import { CHANNEL_HEADER, channelOf, isChannelByte, lengthOf, writeChannelHeader } from '../../src/wire/index.ts';

/** Reads the bytes as one ChannelData message; what is taken for one is one, and its header is what we would write. */
export function fuzz(data: Uint8Array): void {
  const channel = channelOf(data, 0, data.length);
  if (typeof channel === 'string') return;
  const length = lengthOf(data, 0);
  assert.ok(channel >= 0x4000 && channel <= 0x7fff, 'not a channel number (ADR 0010)');
  assert.ok(isChannelByte(data[0]!));
  assert.ok(CHANNEL_HEADER + length <= data.length, 'the payload lies beyond the datagram');
  const written = new Uint8Array(CHANNEL_HEADER);
  writeChannelHeader(written, CHANNEL_HEADER, channel, length);
  assert.deepEqual(written, data.slice(0, CHANNEL_HEADER));
}
