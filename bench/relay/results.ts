import type { Figure, Scenario } from './scenarios.ts';
import type { ServerName } from './servers.ts';
import { ratiosOf, type Spread, spreadOf } from './statistics.ts';

/** One figure, of every server that has it. */
export interface FigureResult {
  readonly scenario: string;
  readonly id: string;
  readonly title: string;
  readonly unit: Figure['unit'];
  readonly better: Figure['better'];
  readonly target?: number;
  readonly servers: readonly ServerResult[];
}

export interface ServerResult {
  readonly server: ServerName;
  readonly value: Spread;
  /** Of the same rounds' coturn; absent without one. */
  readonly toCoturn?: Spread;
  readonly toForwarder?: Spread;
}

/** Values by figure and server, one place for each round. */
export class Results {
  readonly #values = new Map<string, (number | undefined)[]>();
  /** What makes single runs doubtful, each said once. */
  readonly notes = new Set<string>();

  put(figure: string, server: ServerName, round: number, value: number | undefined): void {
    const key = `${figure} ${server}`;
    const rounds = this.#values.get(key) ?? [];
    rounds[round] = value;
    this.#values.set(key, rounds);
  }

  of(figure: string, server: ServerName): (number | undefined)[] {
    return this.#values.get(`${figure} ${server}`) ?? [];
  }

  summary(scenarios: readonly Scenario[]): FigureResult[] {
    return scenarios.flatMap(scenario => scenario.figures.map(figure => this.#figure(scenario, figure)));
  }

  #figure({ name, servers }: Scenario, { id, title, unit, better, target }: Figure): FigureResult {
    const results = servers.flatMap(server => {
      const values = this.of(id, server);
      const value = spreadOf(values.filter(v => v !== undefined));
      if (value === undefined) return [];
      const toCoturn = server === 'coturn' ? undefined : ratiosOf(values, this.of(id, 'coturn'));
      const toForwarder = server === 'forwarder' ? undefined : ratiosOf(values, this.of(id, 'forwarder'));
      return [{ server, value, ...(toCoturn && { toCoturn }), ...(toForwarder && { toForwarder }) }];
    });
    return { scenario: name, id, title, unit, better, ...(target !== undefined && { target }), servers: results };
  }
}

/** How much a datagram costs among 10,000 allocations, as a multiple of what it costs among 10. */
export function growth(results: Results, server: ServerName): Spread | undefined {
  return ratiosOf(results.of('ten-thousand', server), results.of('ten', server));
}
