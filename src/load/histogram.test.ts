import { expect, test } from 'vitest';
import { Histogram } from './histogram.ts';

test('an empty histogram has no quantiles', () => {
  const h = new Histogram();
  expect([h.total, h.mean, h.most, h.quantile(0.99)]).toEqual([0, 0, 0, 0]);
});

test('small values are exact', () => {
  const h = new Histogram();
  for (let i = 1; i <= 100; i++) h.record(i);
  expect([h.quantile(0.5), h.quantile(0.9), h.quantile(0.99), h.quantile(1)]).toEqual([50, 90, 99, 100]);
  expect(h.mean).toBe(50.5);
});

test('every quantile of a wide range is right to within 1 percent', () => {
  const h = new Histogram();
  const values = Array.from({ length: 20_000 }, (_, i) => Math.floor(1.0011 ** i) >>> 0).filter(v => v < 2 ** 32);
  for (const v of values) h.record(v);
  for (const share of [0.1, 0.5, 0.9, 0.99, 0.999]) {
    const exact = values[Math.ceil(share * values.length) - 1]!;
    expect(Math.abs(h.quantile(share) - exact) / exact, `${share}`).toBeLessThan(0.01);
  }
});

test('the largest value has a bucket, and is told exactly', () => {
  const h = new Histogram();
  h.record(0xffff_ffff);
  expect([h.most, h.quantile(0.5), h.quantile(1)]).toEqual([0xffff_ffff, 0xffff_ffff, 0xffff_ffff]);
});

test('one outlier among a thousand shows at the end only', () => {
  const h = new Histogram();
  for (let i = 0; i < 999; i++) h.record(10);
  h.record(1_000_000);
  expect([h.quantile(0.99), h.quantile(0.999), h.quantile(0.9999), h.most]).toEqual([10, 10, 1_000_000, 1_000_000]);
});

test('after a reset nothing is left', () => {
  const h = new Histogram();
  h.record(5_000);
  h.reset();
  h.record(7);
  expect([h.total, h.quantile(0), h.quantile(1), h.mean]).toEqual([1, 7, 7, 7]);
});
