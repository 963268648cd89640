import { afterEach, describe, expect, test, vi } from 'vitest';
import { clock } from './clock.ts';

afterEach(() => void vi.restoreAllMocks());

describe("a wall-clock instant on the edge's line", () => {
  test('is the same however often it is asked for', () => {
    const instant = Date.now() + 60_000;
    const seen = new Set<number>();
    for (const until = performance.now() + 30; performance.now() < until; ) seen.add(clock.fromWall(instant));
    expect(seen.size).toBe(1);
    expect(Math.abs([...seen][0]! - clock.now() - 60_000)).toBeLessThan(100);
  });

  test('moves with the wall clock when that is set', () => {
    const instant = Date.now() + 60_000;
    const before = clock.fromWall(instant);
    const real = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => real() + 10_000);
    expect(clock.fromWall(instant) - before).toBeCloseTo(-10_000, -1);
    expect(clock.now() - clock.fromWall(Date.now())).toBeLessThan(100);
  });

  test('that never comes never comes', () => {
    expect(clock.fromWall(Infinity)).toBe(Infinity);
  });
});
