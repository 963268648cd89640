import { expect, test } from 'vitest';
import { clientIn, elapsedTicks, markIn, sequenceIn, ticksIn, ticksOf, writeStamp } from './stamp.ts';

test('what is written is read, wherever it lies', () => {
  const b = new Uint8Array(40);
  writeStamp(b, 7, 0xdead_beef, 9_999, 0xffff_fffe, 0x8000_0001);
  expect([markIn(b, 7), clientIn(b, 7), sequenceIn(b, 7), ticksIn(b, 7)]).toEqual([
    0xdead_beef, 9_999, 0xffff_fffe, 0x8000_0001,
  ]);
});

test('a delay is right across the moment where ticks go round', () => {
  const wrap = 2 ** 32 / 10_000;
  expect(elapsedTicks(ticksOf(wrap - 1), ticksOf(wrap + 2))).toBe(30_000);
});
