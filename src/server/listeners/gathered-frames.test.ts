import { expect, test } from 'vitest';
import { GatheredFrames } from './gathered-frames.ts';

const CHUNK = 64 * 1024;

test('frames leave in one piece and in their order, once', () => {
  const gathered = new GatheredFrames();
  for (const value of [1, 2, 3]) gathered.take(value).fill(value);
  expect(gathered.length).toBe(6);
  expect(written(gathered, true)).toEqual([1, 2, 2, 3, 3, 3]);
  expect(gathered.length).toBe(0);
  gathered.flush(() => expect.unreachable());
});

test('there is room for 64 KB', () => {
  const gathered = new GatheredFrames();
  gathered.take(CHUNK - 10);
  expect([gathered.hasRoomFor(10), gathered.hasRoomFor(11)]).toEqual([true, false]);
  gathered.flush(() => true);
  expect(gathered.hasRoomFor(CHUNK)).toBe(true);
});

test('memory that the kernel is done with is used again, by whoever comes next', () => {
  const first = new GatheredFrames();
  const memory = first.take(1).buffer;
  first.flush(() => true);
  expect(new GatheredFrames().take(1).buffer).toBe(memory);
});

test('memory that a socket still holds is not used again', () => {
  const gathered = new GatheredFrames();
  gathered.take(3).fill(7);
  let held: Buffer = Buffer.alloc(0);
  gathered.flush(bytes => {
    held = bytes;
    return false;
  });
  for (let i = 0; i < 20; i++) new GatheredFrames().take(CHUNK).fill(9);
  expect([...held]).toEqual([7, 7, 7]);
});

function written(gathered: GatheredFrames, isDone: boolean): number[] {
  let seen: number[] = [];
  gathered.flush(bytes => {
    seen = [...bytes];
    return isDone;
  });
  return seen;
}
