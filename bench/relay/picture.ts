import type { FigureResult } from './results.ts';
import type { Spread } from './statistics.ts';

/** One bar: how our edge compares in one figure. */
export interface Bar {
  readonly title: string;
  /** As a multiple of coturn's cost: below 1 is better. */
  readonly ratio: Spread;
}

const WIDTH = 860;
const LABELS = 400;
const RIGHT = 70;
const ROW = 30;
const TOP = 64;
const THICK = 14;
/** Where a bar ends however long it would be. */
const LONGEST = 2;

/** Figures where more is better are turned over, so that shorter bars are better everywhere. */
export function barsOf(figures: readonly FigureResult[]): Bar[] {
  return figures.flatMap(({ title, better, servers }) => {
    const ratio = servers.find(({ server }) => server === 'mmsg')?.toCoturn;
    return ratio === undefined ? [] : [{ title: shortOf(title), ratio: better === 'less' ? ratio : inverse(ratio) }];
  });
}

function inverse({ median, least, most }: Spread): Spread {
  return { median: 1 / median, least: 1 / most, most: 1 / least };
}

function shortOf(title: string): string {
  return title
    .replace(/^processor time per datagram[:,] /, '')
    .replace("coturn's capacity", 'capacity')
    .replace(/^allocations per second of processor time$/, 'processor time per allocation made and ended')
    .replace(/^payload per second of processor time/, 'processor time per byte');
}

/** A drawing of bars against a line at 1, which is coturn; whiskers from the least to the most. Legible on white and on black. */
export function pictureOf(bars: readonly Bar[], caption: string): string {
  const height = TOP + bars.length * ROW + 24;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(caption)}">`,
    STYLE,
    `<text x="16" y="26" class="title">Cost, as a multiple of coturn's (shorter is better)</text>`,
    `<text x="16" y="46" class="quiet">${escaped(caption)}</text>`,
    ...bars.map((bar, i) => drawBar(bar, TOP + i * ROW)),
    ...[0, 0.5, 1, 1.5, LONGEST].map(value => drawMark(value, height)),
    '</svg>',
    '',
  ].join('\n');
}

const STYLE = `<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px }
  .quiet { fill: #59636e; font-size: 12px }
  .bar { fill: #2f81b7 } .worse { fill: #c4632b }
  .whisker { stroke: #1f2328; stroke-width: 1.5 }
  .grid { stroke: #59636e; stroke-opacity: .3 } .one { stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .whisker { stroke: #e6edf3 }
    .grid, .one { stroke: #9198a1 }
  }
</style>`;

function drawBar({ title, ratio }: Bar, top: number): string {
  const middle = top + ROW / 2;
  const end = xOf(ratio.median);
  return [
    `<text x="${LABELS - 12}" y="${middle + 4}" text-anchor="end">${escaped(title)}</text>`,
    `<rect class="bar${ratio.median > 1 ? ' worse' : ''}" x="${LABELS}" y="${middle - THICK / 2}" width="${round(end - LABELS)}" height="${THICK}" rx="2"/>`,
    `<path class="whisker" d="M${xOf(ratio.least)} ${middle}H${xOf(ratio.most)}M${xOf(ratio.least)} ${middle - 4}v8M${xOf(ratio.most)} ${middle - 4}v8"/>`,
    `<text x="${round(Math.max(end, xOf(ratio.most)) + 8)}" y="${middle + 4}">${ratio.median.toFixed(2)}</text>`,
  ].join('\n');
}

function drawMark(value: number, height: number): string {
  const x = xOf(value);
  return [
    `<path class="${value === 1 ? 'one' : 'grid'}" d="M${x} ${TOP - 4}V${height - 20}"/>`,
    `<text class="quiet" x="${x}" y="${height - 6}" text-anchor="middle">${value === 1 ? 'coturn = 1' : value}</text>`,
  ].join('\n');
}

function xOf(value: number): number {
  return round(LABELS + (Math.min(LONGEST, Math.max(0, value)) / LONGEST) * (WIDTH - LABELS - RIGHT));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
