import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Heartbeat } from './heartbeat.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('who answers is never given up', async () => {
  const silent = vi.fn<() => void>();
  const heart = new Heartbeat(async () => true, silent);
  await vi.advanceTimersByTimeAsync(60_000);
  heart.stop();
  expect(silent).not.toHaveBeenCalled();
});

test('five questions in a row without an answer are enough, and that is said once', async () => {
  const silent = vi.fn<() => void>();
  new Heartbeat(() => new Promise(() => {}), silent);
  await vi.advanceTimersByTimeAsync(5_500);
  expect(silent).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(silent).toHaveBeenCalledOnce();
});

test('a late answer starts the count anew', async () => {
  const silent = vi.fn<() => void>();
  const waiting: ((answered: boolean) => void)[] = [];
  const heart = new Heartbeat(() => new Promise(resolve => waiting.push(resolve)), silent);
  await vi.advanceTimersByTimeAsync(4_500);
  waiting[0]!(true);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(silent).not.toHaveBeenCalled();
  heart.stop();
});
