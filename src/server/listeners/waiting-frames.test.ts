import { describe, expect, test } from 'vitest';
import { isAnswer, WaitingFrames } from './waiting-frames.ts';

describe('frames that wait', () => {
  test('come out as they went in', () => {
    const waiting = new WaitingFrames();
    const out: number[] = [];
    for (let i = 0; i < 100; i++) {
      waiting.push(Buffer.of(0x40, i));
      waiting.push(Buffer.of(0x40, i + 100));
      out.push(waiting.shift()![1]!);
    }
    while (!waiting.isEmpty) out.push(waiting.shift()![1]!);
    expect(out).toEqual(Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? n / 2 : (n - 1) / 2 + 100)));
    expect(waiting.shift()).toBeUndefined();
    expect([waiting.bytes, waiting.answerBytes]).toEqual([0, 0]);
  });

  test('cost more than their bytes, so that empty ones are not free', () => {
    const waiting = new WaitingFrames();
    for (let i = 0; i < 1_000; i++) waiting.push(Buffer.of(0x40, 0, 0, 0));
    expect(waiting.bytes).toBeGreaterThan(100_000);
    waiting.clear();
    expect([waiting.bytes, waiting.isEmpty]).toEqual([0, true]);
  });

  test('that are answers are told apart from what peers send', () => {
    const waiting = new WaitingFrames();
    waiting.push(Buffer.of(0x00, 0x17)); // Data indication
    waiting.push(Buffer.of(0x40, 0x00)); // ChannelData
    expect(waiting.answerBytes).toBe(0);
    waiting.push(Buffer.of(0x01, 0x03)); // Allocate success
    expect(waiting.answerBytes).toBeGreaterThan(0);
    while (!waiting.isEmpty) waiting.shift();
    expect(waiting.answerBytes).toBe(0);
  });

  test.each([
    ['Binding success', 0x01, true],
    ['Allocate error', 0x01, true],
    ['the error of a method above 0x7f', 0x03, true],
    ['a request', 0x00, false],
    ['ChannelData on 0x41xx', 0x41, false],
  ])('%s', (_, byte, answer) => {
    expect(isAnswer(byte)).toBe(answer);
  });
});
