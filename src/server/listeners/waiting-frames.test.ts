import { describe, expect, test } from 'vitest';
import { WaitingFrames } from './waiting-frames.ts';

describe('frames that wait', () => {
  test('come out as they went in', () => {
    const waiting = new WaitingFrames();
    const out: number[] = [];
    for (let i = 0; i < 100; i++) {
      waiting.push(Buffer.of(0x40, i), i % 3 === 0);
      waiting.push(Buffer.of(0x40, i + 100), i % 5 === 0);
      out.push(waiting.shift()![1]!);
    }
    while (!waiting.isEmpty) out.push(waiting.shift()![1]!);
    expect(out).toEqual(Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? n / 2 : (n - 1) / 2 + 100)));
    expect(waiting.shift()).toBeUndefined();
    expect([waiting.bytes, waiting.answerBytes]).toEqual([0, 0]);
  });

  test('come out many at once, in order, up to so many bytes', () => {
    const waiting = new WaitingFrames();
    for (let i = 0; i < 10; i++) waiting.push(Buffer.of(i, i), i % 2 === 0);
    const ends: number[] = [];
    expect(waiting.shiftMany(7, ends)).toEqual(Buffer.of(0, 0, 1, 1, 2, 2));
    expect(waiting.shiftMany(1, ends)).toEqual(Buffer.of(3, 3)); // one that is longer goes alone
    expect(ends.splice(0)).toEqual([2, 4, 6, 2]);
    expect(waiting.shiftMany(100, ends)).toHaveLength(12);
    expect(ends).toEqual([2, 4, 6, 8, 10, 12]);
    expect(waiting.shiftMany(100, ends)).toBeUndefined();
    expect([waiting.bytes, waiting.answerBytes, waiting.isEmpty]).toEqual([0, 0, true]);
  });

  test('cost more than their bytes, so that empty ones are not free', () => {
    const waiting = new WaitingFrames();
    for (let i = 0; i < 1_000; i++) waiting.push(Buffer.of(0x40, 0, 0, 0), true);
    expect(waiting.bytes).toBeGreaterThan(100_000);
    waiting.clear();
    expect([waiting.bytes, waiting.answerBytes, waiting.isEmpty]).toEqual([0, 0, true]);
  });

  test('that are answers are counted apart from what peers send', () => {
    const waiting = new WaitingFrames();
    waiting.push(Buffer.of(0x00, 0x17), false);
    expect(waiting.answerBytes).toBe(0);
    waiting.push(Buffer.of(0x01, 0x03), true);
    expect(waiting.answerBytes).toBeGreaterThan(0);
    while (!waiting.isEmpty) waiting.shift();
    expect(waiting.answerBytes).toBe(0);
  });
});
