import { strict as assert } from 'node:assert';
import { crc32 } from 'node:zlib';
import {
  FrameReader,
  greetingOf,
  LONGEST_GREETING,
  MS_FRAME_HEADER,
  MS_FRAMES,
  msFrameKind,
} from '../../src/wire/index.ts';
import { Dice } from './dice.ts';

const LIMIT = 2048;

/** Reads the bytes as a stream of frames of the Microsoft dialect, whole and in pieces, and as the first bytes of a connection. */
export function fuzz(data: Uint8Array): void {
  const dice = new Dice(crc32(data));
  const whole = readIn(data, () => data.length);
  assert.deepEqual(
    readIn(data, () => 1 + dice.below(dice.below(4) === 0 ? 2 : 50)),
    whole,
  );
  greet(data);
}

function readIn(data: Uint8Array, size: () => number): { frames: [string, Uint8Array][]; said: string } {
  const reader = new FrameReader(LIMIT, MS_FRAMES);
  const frames: [string, Uint8Array][] = [];
  let said: string = 'ok';
  for (let at = 0; at < data.length && said === 'ok'; ) {
    const until = Math.min(data.length, at + size());
    said = reader.push(data.subarray(at, until), (b, start, end) => {
      assert.ok(end - start >= MS_FRAME_HEADER && end - start <= LIMIT);
      frames.push([msFrameKind(b, start, end), b.slice(start, end)]);
    });
    assert.ok(reader.capacity <= 2 * LIMIT && reader.held <= LIMIT, 'more is held than the limit allows');
    at = until;
  }
  return { frames, said };
}

/** What is once said of a connection stays said, and is said in time. */
function greet(data: Uint8Array): void {
  let last = 'more';
  for (let length = 0; length <= Math.min(data.length, LONGEST_GREETING); length++) {
    const said = greetingOf(data, length);
    assert.ok(last === 'more' || said === last, `${last} became ${said}`);
    last = said;
  }
  assert.ok(last !== 'more' || data.length < LONGEST_GREETING, 'undecided for too long');
}
