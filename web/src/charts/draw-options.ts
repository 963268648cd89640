import type uPlot from 'uplot';
import type { Line } from './live-chart.tsx';

const WINDOW_SECONDS = 60;

/** How a live chart is drawn, in the colours the style sheet has at this moment. */
export function drawOptions(box: HTMLElement, lines: readonly Line[]): uPlot.Options {
  const style = getComputedStyle(box);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: color('--faint'), font, ticks: { show: false } };
  const grid = { stroke: color('--line'), width: 1 };
  return {
    width: box.clientWidth,
    height: box.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 18, 0, 0],
    scales: { x: { time: false, range: lastMinute }, y: { range: fromZero } },
    axes: [
      { ...axis, grid: { show: false }, size: 22, splits: everyFifteen, values: ago },
      { ...axis, grid, size: 44, space: 34 },
    ],
    series: [{}, ...lines.map(line => drawLine(color(line.color)))],
  };
}

function drawLine(stroke: string): uPlot.Series {
  return { stroke, width: 2, points: { show: false }, fill: plot => fade(plot, stroke), spanGaps: false };
}

/** From the line's colour at the top to nothing at the bottom. The style sheet writes colours as #rrggbb, so alpha can be appended. */
function fade(plot: uPlot, stroke: string): CanvasGradient {
  const { top, height } = plot.bbox;
  const filled = plot.ctx.createLinearGradient(0, top, 0, top + height);
  filled.addColorStop(0, `${stroke}40`);
  filled.addColorStop(1, `${stroke}00`);
  return filled;
}

/** The window slides: now is always at the right edge. */
function lastMinute(_plot: uPlot, _min: number | null, max: number | null): uPlot.Range.MinMax {
  const now = max ?? WINDOW_SECONDS;
  return [now - WINDOW_SECONDS, now];
}

function fromZero(_plot: uPlot, _min: number | null, max: number | null): uPlot.Range.MinMax {
  return [0, Math.max(1, (max ?? 0) * 1.2)];
}

function everyFifteen(_plot: uPlot, _axis: number, min: number, max: number): number[] {
  return [min, min + 15, min + 30, min + 45, max];
}

function ago(_plot: uPlot, splits: readonly number[]): string[] {
  const now = splits.at(-1) ?? 0;
  return splits.map(split => (split === now ? 'now' : `−${Math.round(now - split)} s`));
}
