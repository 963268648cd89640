import { expect, test } from 'vitest';
import { passingCopy } from './answer-memory.ts';

test('copies are what was copied, however many follow and whatever becomes of the original', () => {
  const lengths = Array.from({ length: 400 }, (_, i) => (i * 37) % 1400);
  const scratch = new Uint8Array(1400);
  const copies = lengths.map((length, i) => passingCopy(scratch.fill(i).subarray(0, length)));
  scratch.fill(0xff);
  for (const [i, copy] of copies.entries()) expect(copy).toEqual(new Uint8Array(lengths[i]!).fill(i));
});

test('a long answer has bytes of its own', () => {
  expect(passingCopy(new Uint8Array(70_000).fill(7))).toEqual(new Uint8Array(70_000).fill(7));
});

test('short ones share theirs', () => {
  const [first, second] = [1, 2].map(value => passingCopy(new Uint8Array(80).fill(value)));
  const third = passingCopy(new Uint8Array(80));
  expect([first!.buffer === second!.buffer, second!.buffer === third.buffer]).toContain(true);
});
