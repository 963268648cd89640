import { expect, test } from 'vitest';
import { CHANNEL_HEADER, channelOf, isChannelByte, lengthOf, writeChannelHeader } from './channel-data.ts';

test('every channel number is read as it was written, and no other is taken', () => {
  const bytes = new Uint8Array(10);
  for (let number = 0; number <= 0xffff; number++) {
    const start = writeChannelHeader(bytes, CHANNEL_HEADER + 2, number, 4);
    const isBindable = number >= 0x4000 && number <= 0x7fff;
    if (channelOf(bytes, start, 10) !== (isBindable ? number : 'not-a-channel')) expect.fail(`channel ${number}`);
    if (isChannelByte(number >>> 8) !== isBindable) expect.fail(`first byte of ${number}`);
  }
});

test('a message is refused at every truncation, and padding behind it is no matter', () => {
  const bytes = new Uint8Array(20);
  const start = writeChannelHeader(bytes, 7, 0x4001, 9);
  expect([start, lengthOf(bytes, start)]).toEqual([3, 9]);
  for (let end = start; end < start + 4; end++) expect(channelOf(bytes, start, end)).toBe('too-short');
  for (let end = start + 4; end < start + 13; end++)
    expect(channelOf(bytes, start, end)).toBe('length-exceeds-datagram');
  for (let end = start + 13; end <= 20; end++) expect(channelOf(bytes, start, end)).toBe(0x4001);
});

test('a payload may be empty, or as long as the length can say', () => {
  const bytes = new Uint8Array(4 + 0xffff);
  writeChannelHeader(bytes, 4, 0x4fff, 0);
  expect(channelOf(bytes, 0, 4)).toBe(0x4fff);
  writeChannelHeader(bytes, 4, 0x4fff, 0xffff);
  expect(channelOf(bytes, 0, bytes.length)).toBe(0x4fff);
  expect(channelOf(bytes, 0, bytes.length - 1)).toBe('length-exceeds-datagram');
});
