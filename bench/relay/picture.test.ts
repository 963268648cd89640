import { expect, test } from 'vitest';
import { barsOf, pictureOf } from './picture.ts';
import type { FigureResult } from './results.ts';

const half = { median: 0.5, least: 0.4, most: 0.8 };

function figure(better: 'less' | 'more', toCoturn = half): FigureResult {
  return {
    scenario: 's',
    id: 'i',
    title: 'a < b',
    unit: 'us',
    better,
    servers: [{ server: 'mmsg', value: half, toCoturn }],
  };
}

test('where more is better the ratio is turned over, so that short is good everywhere', () => {
  expect(barsOf([figure('less')])[0]?.ratio).toEqual(half);
  expect(barsOf([figure('more')])[0]?.ratio).toEqual({ median: 2, least: 1.25, most: 2.5 });
});

test('a figure without coturn has no bar', () => {
  expect(barsOf([{ ...figure('less'), servers: [{ server: 'mmsg', value: half }] }])).toEqual([]);
});

test('bars are as long as their ratios, and end at the edge', () => {
  const widths = [0.5, 1, 2, 7].map(median => {
    const svg = pictureOf([{ title: 't', ratio: { median, least: median, most: median } }], 'c');
    return Number(/<rect[^>]* width="([\d.]+)"/.exec(svg)?.[1]);
  });
  expect(widths[1]).toBeCloseTo(2 * widths[0]!);
  expect(widths[2]).toBeCloseTo(4 * widths[0]!);
  expect(widths[3]).toBe(widths[2]);
});

test('a picture is one element of XML, with texts escaped and colours for dark pages', () => {
  const svg = pictureOf(barsOf([figure('less')]), 'us & "them"');
  expect(svg).toMatch(/^<svg [^>]*>[\s\S]*<\/svg>\n$/);
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('aria-label="us &amp; &quot;them&quot;"');
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg.match(/<(?!\/)(\w+)/g)).toHaveLength(svg.match(/<\/\w+|\/>/g)!.length);
});
