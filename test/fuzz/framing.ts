import { strict as assert } from 'node:assert';
import { crc32 } from 'node:zlib';
import { channelOf, FrameReader, isChannelByte } from '../../src/wire/index.ts';
import { Dice } from './dice.ts';

const LIMIT = 2048;

/** Reads the bytes as a stream, whole and in pieces: the same frames must come out, and the same be said at the end. */
export function fuzz(data: Uint8Array): void {
  const dice = new Dice(crc32(data));
  const whole = readIn(data, () => data.length);
  const pieces = readIn(data, () => 1 + dice.below(dice.below(4) === 0 ? 2 : 50));
  assert.deepEqual(pieces, whole);
}

function readIn(data: Uint8Array, size: () => number): { frames: Uint8Array[]; said: string } {
  const reader = new FrameReader(LIMIT);
  const frames: Uint8Array[] = [];
  let said: string = 'ok';
  for (let at = 0; at < data.length && said === 'ok'; ) {
    const until = Math.min(data.length, at + size());
    said = reader.push(data.subarray(at, until), (b, start, end) => frames.push(checked(b.slice(start, end))));
    assert.ok(reader.capacity <= 2 * LIMIT && reader.held <= LIMIT + 3, 'more is held than the limit allows');
    at = until;
  }
  return { frames, said };
}

function checked(frame: Uint8Array): Uint8Array {
  assert.ok(frame.length <= LIMIT, 'a frame is longer than the limit');
  if (isChannelByte(frame[0]!)) assert.equal(typeof channelOf(frame, 0, frame.length), 'number');
  else assert.ok(frame.length >= 20 && (frame.length & 3) === 0);
  return frame;
}
