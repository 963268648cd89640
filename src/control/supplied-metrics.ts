import { type Aggregator, Counter, Gauge, type Registry } from '@prometheus-io/client';

/** One number, or one for each value of the label; undefined when there is none at present. */
export type Reading = number | undefined | Readonly<Record<string, number>>;

/** A counter that is kept elsewhere: it is what `read` says whenever the metrics are asked for. */
export function suppliedCounter(
  registry: Registry,
  name: string,
  help: string,
  read: () => Reading,
  label?: string,
): void {
  new Counter({
    name,
    help,
    labelNames: namesOf(label),
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, value } of series(read(), label)) this.inc(labels, value);
    },
  });
}

/** A gauge that is read when the metrics are asked for. Without a reading it is absent, not 0. */
export function suppliedGauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => Reading,
  label?: string,
  /** How those of several workers become one. */
  aggregator: Aggregator = 'sum',
): void {
  new Gauge({
    aggregator,
    name,
    help,
    labelNames: namesOf(label),
    registers: [registry],
    collect() {
      this.reset();
      if (label === undefined) this.remove({});
      for (const { labels, value } of series(read(), label)) this.set(labels, value);
    },
  });
}

function namesOf(label: string | undefined): string[] {
  return label === undefined ? [] : [label];
}

function series(reading: Reading, label: string | undefined): { labels: Record<string, string>; value: number }[] {
  if (reading === undefined) return [];
  if (typeof reading === 'number') return [{ labels: {}, value: reading }];
  return Object.entries(reading).map(([name, value]) => ({
    labels: label === undefined ? {} : { [label]: name },
    value,
  }));
}
