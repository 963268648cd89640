import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PERFORMANCE = join(import.meta.dirname, '..', 'docs', 'performance.md');

/** Puts what a benchmark showed into docs/performance.md, where its markers stand. */
export function writeToPage(marker: string, content: string): void {
  writeFileSync(PERFORMANCE, replaceBetween(readFileSync(PERFORMANCE, 'utf8'), marker, content));
}

/** The text with what stands between a pair of markers replaced. */
export function replaceBetween(text: string, marker: string, content: string): string {
  const [open, close] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`no ${open} … ${close}`);
  return `${text.slice(0, start + open.length)}\n\n${content}\n\n${text.slice(end)}`;
}
