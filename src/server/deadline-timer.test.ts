import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DeadlineTimer } from './deadline-timer.ts';

const DAY = 86_400_000;

describe('one timer for all deadlines', () => {
  let due: number[];
  let timer: DeadlineTimer;
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000 });
    due = [];
    timer = new DeadlineTimer(Date.now, () => due.push(Date.now()));
  });
  afterEach(() => {
    timer.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  test('fires at the deadline and not before', () => {
    timer.expect(1_500);
    vi.advanceTimersByTime(499);
    expect(due).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(due).toEqual([1_500]);
  });

  test('is moved by an earlier deadline and not by a later one', () => {
    timer.expect(1_500);
    timer.expect(1_200);
    timer.expect(1_900);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(due).toEqual([1_200]);
  });

  test('fires soon for what is overdue, never within the call', () => {
    timer.expect(0);
    expect(due).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(due).toHaveLength(1);
  });

  test('waits for nothing when there is nothing to wait for', () => {
    timer.expect(Infinity);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not fire at once for what is months away', () => {
    timer.expect(1_000 + 60 * DAY);
    vi.advanceTimersByTime(DAY);
    expect(due).toEqual([]);
  });

  test('does nothing once stopped', () => {
    timer.expect(1_500);
    timer.stop();
    timer.expect(1_200);
    vi.advanceTimersByTime(DAY);
    expect(due).toEqual([]);
  });
});
