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

/** What stays of a process that has ended: its counters, since a sum that shrank would look like a restart of everything. */
export function lasting(figures: Figures): Figures {
  return figures.filter(({ type }) => type === 'counter' || type === 'histogram');
}
