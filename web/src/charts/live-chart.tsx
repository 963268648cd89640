import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useColorScheme } from './color-scheme.ts';
import { drawOptions } from './draw-options.ts';
import './charts.css';

export interface Line {
  readonly name: string;
  /** A custom property of the style sheet, so that a line is as dark or light as the rest of the page. */
  readonly color: `--${string}`;
  readonly values: readonly (number | null)[];
}

export interface LiveChartProps {
  readonly title: string;
  readonly unit: string;
  readonly seconds: readonly number[];
  readonly lines: readonly Line[];
}

/** Lines over the last minute. The figures stand in text as well: a canvas tells a screen reader nothing. */
export function LiveChart({ title, unit, seconds, lines }: LiveChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scheme = useColorScheme();
  const data = [seconds, ...lines.map(line => line.values)] as uPlot.AlignedData;

  useEffect(() => {
    const element = box.current!;
    const drawn = new uPlot(drawOptions(element, lines), data, element);
    plot.current = drawn;
    const resized = new ResizeObserver(() =>
      drawn.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
    };
  }, [scheme]);
  useEffect(() => plot.current?.setData(data), [seconds, scheme]);

  return (
    <figure class="card chart">
      <figcaption>
        <h2>{title}</h2>
        <ul class="legend">
          {lines.map(line => (
            <li key={line.name}>
              <b class={`swatch swatch${line.color}`} /> {line.name} <strong>{latest(line.values)}</strong> {unit}
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={box} class="chart-box" role="img" aria-label={`${title} over the last minute`} />
    </figure>
  );
}

function latest(values: readonly (number | null)[]): string {
  const last = values.at(-1);
  if (last === undefined || last === null) return '–';
  return last.toFixed(last < 10 ? 1 : 0);
}
