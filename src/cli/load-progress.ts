import type { Meter, Phase } from '../load/index.ts';

/** One line on a terminal that is written over again and again. */
export class LoadProgress {
  readonly #out: Pick<NodeJS.WriteStream, 'write'>;
  readonly #seconds: number;
  #last = { received: 0, at: 0 };

  constructor(out: Pick<NodeJS.WriteStream, 'write'>, seconds: number) {
    this.#out = out;
    this.#seconds = seconds;
  }

  show(phase: Phase, meter: Meter): void {
    this.#out.write(`\r\x1b[K${this.#line(phase, meter)}`);
  }

  clear(): void {
    this.#out.write('\r\x1b[K');
  }

  #line(phase: Phase, { setup, traffic, churn, elapsedSeconds }: Meter): string {
    if (phase === 'allocating') {
      return `allocating   ${setup.ready} ready${setup.failed > 0 ? `, ${setup.failed} failed` : ''}`;
    }
    if (phase !== 'measuring') return phase;
    const time = `${elapsedSeconds.toFixed(0)}/${this.#seconds} s`;
    if (churn !== undefined) return `measuring    ${time}   ${churn.ended} allocations, ${churn.failed} failed`;
    if (traffic === undefined) return `measuring    ${time}`;
    const { count, delay } = traffic.receipts;
    const p99 = Math.round(delay.quantile(0.99) / 10);
    return `measuring    ${time}   ${this.#rate(count, elapsedSeconds)} datagrams/s   p99 ${p99} us`;
  }

  #rate(received: number, at: number): number {
    const { received: before, at: then } = this.#last;
    this.#last = { received, at };
    return at > then ? Math.round((received - before) / (at - then)) : 0;
  }
}
