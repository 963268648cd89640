/** What one run of a load on a relay showed. */
export interface Measured {
  /** CPU time of the relay's process per datagram it relayed, either way. */
  readonly nanosPerDatagram: number;
  readonly datagramsPerSecond: number;
  /** How much of its CPU the relay used: below 1 it waited for the load. */
  readonly cpuShare: number;
  /** What other work on the machine took, in CPUs: a figure taken beside much of it means little. */
  readonly othersShare: number;
  /** Datagrams given up and sent anew. */
  readonly lost: number;
}

export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/** One relay under one load, over all rounds. */
export interface Figures {
  readonly load: string;
  readonly relay: string;
  readonly micros: Spread;
  readonly datagramsPerSecond: number;
  readonly cpuShare: number;
  readonly othersShare: Spread;
  readonly lost: number;
  /** This relay's cost over the reference's in the same round; absent for the reference. */
  readonly ratio?: Spread;
}

export function figuresOf(
  load: string,
  relay: string,
  runs: readonly Measured[],
  reference?: readonly Measured[],
): Figures {
  const ratios = reference?.map((other, round) => runs[round]!.nanosPerDatagram / other.nanosPerDatagram);
  return {
    load,
    relay,
    micros: spreadOf(runs.map(run => run.nanosPerDatagram / 1000)),
    datagramsPerSecond: Math.round(spreadOf(runs.map(run => run.datagramsPerSecond)).median),
    cpuShare: spreadOf(runs.map(run => run.cpuShare)).median,
    othersShare: spreadOf(runs.map(run => run.othersShare)),
    lost: runs.reduce((sum, run) => sum + run.lost, 0),
    ...(ratios !== undefined && { ratio: spreadOf(ratios) }),
  };
}

/** The median of an even number of values is the mean of the middle two. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError('no values');
  return { least: sorted[0]!, median: (low + high) / 2, most: sorted.at(-1)! };
}

export function markdownOf(figures: readonly Figures[]): string {
  const rows = figures.map(f => {
    const ratio = f.ratio === undefined ? '1' : textOf(f.ratio);
    const share = `${Math.round(f.cpuShare * 100)} %`;
    return `| ${f.load} | ${f.relay} | ${textOf(f.micros)} | ${ratio} | ${f.datagramsPerSecond} | ${share} | ${f.lost} |`;
  });
  const head = '| load | relay | CPU µs per datagram | times coturn | datagrams/s | of its CPU | lost |';
  return [head, '|---|---|---|---|---|---|---|', ...rows].join('\n');
}

function textOf({ least, median, most }: Spread): string {
  return `**${median.toFixed(2)}** (${least.toFixed(2)}–${most.toFixed(2)})`;
}
