import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SequenceWindow } from './sequence-window.ts';

test('a number is fresh once, late ones within 64, and older ones never', () => {
  const window = new SequenceWindow();
  expect(window.isUsed).toBe(false);
  expect(window.verdict(0)).toBe('fresh');
  window.note(100);
  expect([window.isUsed, window.verdict(100), window.verdict(101)]).toEqual([true, 'seen', 'fresh']);
  expect([window.verdict(37), window.verdict(36)]).toEqual(['fresh', 'too-old']);
  window.note(37);
  expect(window.verdict(37)).toBe('seen');
  window.note(0xffff_ffff);
  expect(window.verdict(0xffff_ffff - 63)).toBe('fresh');
  expect(window.verdict(101)).toBe('too-old');
});

test('it is a plain set of the last 64, after any numbers in any order', () => {
  const near = fc.nat(200);
  fc.assert(
    fc.property(fc.array(fc.oneof(near, near, fc.nat(0xffff_ffff)), { maxLength: 80 }), numbers => {
      const window = new SequenceWindow();
      const heard = new Set<number>();
      for (const number of numbers) {
        const highest = Math.max(-1, ...heard);
        const right = number <= highest - 64 ? 'too-old' : heard.has(number) ? 'seen' : 'fresh';
        expect(window.verdict(number)).toBe(right);
        if (right !== 'fresh') continue;
        window.note(number);
        heard.add(number);
      }
    }),
    { numRuns: 500 },
  );
});

test('on a stream only a number higher than the last is fresh', () => {
  const window = new SequenceWindow(true);
  expect(window.verdict(0)).toBe('fresh');
  window.note(5);
  expect([window.verdict(4), window.verdict(5), window.verdict(6)]).toEqual(['too-old', 'too-old', 'fresh']);
});
