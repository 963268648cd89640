import { expect, test } from 'vitest';
import { FrameReader } from './framing.ts';
import { LONGEST_PACKET_FRAME, PACKET_FRAMES } from './packet-framing.ts';

const STREAM = Buffer.from('\0\u0003one\0\0\0\u0002no\0\u0001', 'latin1');

/** What is handed out when the stream comes in pieces of this length. */
function framesOf(piece: number): string[] {
  const reader = new FrameReader(LONGEST_PACKET_FRAME, PACKET_FRAMES);
  const frames: string[] = [];
  for (let at = 0; at < STREAM.length; at += piece) {
    reader.push(STREAM.subarray(at, at + piece), (b, start, end) =>
      frames.push(Buffer.from(b.subarray(start, end)).toString('latin1')),
    );
  }
  return frames;
}

test.each([1, 2, 3, 4, 5, 7, 100])(
  'packets are found with their lengths in pieces of %i, and what is not whole waits',
  piece => {
    expect(framesOf(piece)).toEqual(['\0\u0003one', '\0\0', '\0\u0002no']);
  },
);

test('a packet that fits no message ends the stream as soon as its length is known', () => {
  const reader = new FrameReader(LONGEST_PACKET_FRAME, PACKET_FRAMES);
  const longest = LONGEST_PACKET_FRAME - 2;
  expect(reader.push(Buffer.of(longest >> 8, longest & 255), () => {})).toBe('ok');
  const other = new FrameReader(LONGEST_PACKET_FRAME, PACKET_FRAMES);
  expect(other.push(Buffer.of((longest + 1) >> 8, (longest + 1) & 255), () => {})).toBe('frame-too-long');
});
