import { type Aggregator, type MetricType, Registry } from '@prometheus-io/client';

/** One metric of one process, as data. */
export interface Figure {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly aggregator: Aggregator;
  readonly values: readonly {
    readonly value: number;
    readonly labels: Readonly<Partial<Record<string, string | number>>>;
  }[];
}

/** All metrics of one process. */
export type Figures = readonly Figure[];

/** The metrics of several processes as one Prometheus text: what counts is added up, the rest as each metric says. */
export function textOfAll(processes: readonly Figures[]): Promise<string> {
  return Registry.aggregate(processes as Figure[][]).metrics();
}

/** The counts of processes that have ended, as those of one: what is kept does not grow with their number. */
export function addUp(past: Figures, ended: Figures): Figures {
  const known = new Map(past.map(figure => [figure.name, figure]));
  for (const figure of lasting(ended)) {
    const before = known.get(figure.name);
    known.set(figure.name, before === undefined ? figure : { ...figure, values: sums(before.values, figure.values) });
  }
  return [...known.values()];
}

function sums(some: Figure['values'], others: Figure['values']): Figure['values'] {
  const keyOf = (one: Figure['values'][number]) => JSON.stringify({ ...one, value: undefined });
  const known = new Map(some.map(one => [keyOf(one), one]));
  for (const one of others) known.set(keyOf(one), { ...one, value: one.value + (known.get(keyOf(one))?.value ?? 0) });
  return [...known.values()];
}

/** What stays of a process that has ended: its counters, since a sum that shrank would look like a restart of everything. */
function lasting(figures: Figures): Figures {
  return figures.filter(({ type }) => type === 'counter' || type === 'histogram');
}
