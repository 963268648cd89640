/** A table for the terminal and for a page: Markdown whose columns line up. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map(cells => cells[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(head), `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.01 ? 3 : 1)} %`;
}

export function micros(value: number): string {
  return value < 10_000 ? `${Math.round(value)} us` : `${(value / 1000).toFixed(1)} ms`;
}

export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
