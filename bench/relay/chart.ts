/** One quantity over time. */
export interface Line {
  readonly title: string;
  readonly unit: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const WIDTH = 860;
const LEFT = 70;
const RIGHT = 20;
const PANEL = 130;
const GAP = 46;
const TOP = 40;

/** A panel for each line, from zero to its most, one above the other over the same time. Legible on white and on black. */
export function linesOver(title: string, lines: readonly Line[]): string {
  const height = TOP + lines.length * (PANEL + GAP);
  const longest = Math.max(1e-9, ...lines.flatMap(({ points }) => points.map(([x]) => x)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">`,
    STYLE,
    `<text x="16" y="24" class="title">${title}</text>`,
    ...lines.map((line, i) => drawPanel(line, TOP + i * (PANEL + GAP), longest)),
    '</svg>',
    '',
  ].join('\n');
}

const STYLE = `<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px } .quiet { fill: #59636e; font-size: 12px }
  .grid { stroke: #59636e; stroke-opacity: .3 } .line { stroke: #2f81b7; stroke-width: 1.8; fill: none }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #9198a1 } }
</style>`;

function drawPanel({ title, unit, points }: Line, top: number, longest: number): string {
  const most = roundUp(Math.max(1e-9, ...points.map(([, y]) => y)));
  const bottom = top + PANEL;
  const x = (value: number) => round(LEFT + (value / longest) * (WIDTH - LEFT - RIGHT));
  const y = (value: number) => round(bottom - (value / most) * (PANEL - 18));
  const marks = [0, most / 2, most].map(value => [
    `<path class="grid" d="M${LEFT} ${y(value)}H${WIDTH - RIGHT}"/>`,
    `<text class="quiet" x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${round(value)}</text>`,
  ]);
  const times = [0, 0.25, 0.5, 0.75, 1].map(share => share * longest);
  return [
    `<text x="${LEFT}" y="${top + 6}">${title} (${unit})</text>`,
    ...marks.flat(),
    ...times.map(
      value => `<text class="quiet" x="${x(value)}" y="${bottom + 16}" text-anchor="middle">${round(value)}</text>`,
    ),
    `<path class="line" d="${points.map(([at, value], i) => `${i === 0 ? 'M' : 'L'}${x(at)} ${y(value)}`).join('')}"/>`,
  ].join('\n');
}

/** To 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5, 10].find(step => step * power >= value) ?? 10);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
