import { expect, test } from 'vitest';
import { Receipts } from './receipts.ts';
import { writeStamp } from './stamp.ts';

function arrive(receipts: Receipts, flow: number, sequence: number, sent: number, received: number): void {
  const b = new Uint8Array(20);
  writeStamp(b, 0, 1, flow, sequence, sent);
  receipts.record(flow, b, 0, 20, received);
}

test('delays, bytes and counts are kept', () => {
  const receipts = new Receipts(2);
  arrive(receipts, 0, 0, 100, 130);
  arrive(receipts, 1, 0, 100, 150);
  expect([receipts.count, receipts.bytes, receipts.delay.quantile(0.5), receipts.delay.most]).toEqual([2, 40, 30, 50]);
});

test('overtaken datagrams are counted per flow', () => {
  const receipts = new Receipts(2);
  for (const sequence of [0, 2, 1, 3]) arrive(receipts, 0, sequence, 0, 1);
  arrive(receipts, 1, 0, 0, 1);
  expect(receipts.outOfOrder).toBe(1);
});

test('a steady delay has no jitter, a changing one has', () => {
  const receipts = new Receipts(1);
  for (let i = 0; i < 50; i++) arrive(receipts, 0, i, i * 100, i * 100 + 500);
  expect(receipts.jitterMicros).toBe(0);
  for (let i = 50; i < 500; i++) arrive(receipts, 0, i, i * 100, i * 100 + (i % 2) * 1_000);
  expect(receipts.jitterMicros).toBeCloseTo(100, 0);
});

test('a reset forgets all', () => {
  const receipts = new Receipts(1);
  arrive(receipts, 0, 5, 0, 9);
  receipts.reset();
  arrive(receipts, 0, 1, 0, 3);
  expect([receipts.count, receipts.outOfOrder, receipts.delay.most, receipts.jitterMicros]).toEqual([1, 0, 3, 0]);
});
