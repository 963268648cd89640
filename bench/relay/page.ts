import type { FigureResult, ServerResult } from './results.ts';
import type { ServerName } from './servers.ts';
import type { Spread } from './statistics.ts';

const NAMES: Record<ServerName, string> = {
  coturn: 'coturn',
  mmsg: 'Sallyport (`mmsg`)',
  dgram: 'Sallyport (`dgram`)',
  forwarder: 'bare forwarder',
};

export interface PageFacts {
  readonly machine: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly versions: string;
  readonly growth: readonly { readonly server: ServerName; readonly ratio: Spread }[];
  readonly notes: readonly string[];
}

/** What stands in docs/performance.md between the markers. */
export function markdownOf(figures: readonly FigureResult[], facts: PageFacts): string {
  const rows = figures.flatMap(figure => figure.servers.map((result, i) => row(figure, result, i === 0)));
  return [
    `${facts.rounds === 1 ? 'One round' : `${facts.rounds} rounds`}, ${facts.seconds} s for each load; ${facts.versions}; ${facts.machine}.`,
    '',
    '| what | server | median (least to most) | to coturn | to the bare forwarder | aim |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    ...facts.growth.map(
      ({ server, ratio }) =>
        `A datagram among 10,000 allocations costs ${NAMES[server]} ${times(ratio)} what it costs among 10.`,
    ),
    ...(facts.notes.length > 0 ? ['', 'Notes of this run:', '', ...facts.notes.map(note => `- ${note}`)] : []),
  ].join('\n');
}

function row(figure: FigureResult, { server, value, toCoturn, toForwarder }: ServerResult, isFirst: boolean): string {
  const aim = server === 'mmsg' && figure.target !== undefined ? aimOf(figure, toCoturn, figure.target) : '';
  const cells = [
    isFirst ? figure.title : '',
    NAMES[server],
    `${amount(value.median)} ${figure.unit} (${amount(value.least)} to ${amount(value.most)})`,
    toCoturn === undefined ? '' : times(toCoturn),
    toForwarder === undefined ? '' : times(toForwarder),
    aim,
  ];
  return `| ${cells.join(' | ')} |`;
}

function aimOf({ better }: FigureResult, ratio: Spread | undefined, target: number): string {
  const wanted = `${better === 'less' ? 'at most' : 'at least'} ${target.toFixed(2)}`;
  if (ratio === undefined) return wanted;
  const isReached = better === 'less' ? ratio.median <= target : ratio.median >= target;
  return `${wanted}: ${isReached ? 'reached' : '**not reached**'}`;
}

function times({ median, least, most }: Spread): string {
  return `${median.toFixed(2)} × (${least.toFixed(2)} to ${most.toFixed(2)})`;
}

function amount(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

/** The same for a terminal: columns that line up. */
export function tableOf(figures: readonly FigureResult[]): string {
  const rows = figures.flatMap(figure =>
    figure.servers.map(({ server, value, toCoturn, toForwarder }) => [
      figure.id,
      server,
      `${amount(value.median)} ${figure.unit}`,
      `${amount(value.least)} to ${amount(value.most)}`,
      toCoturn === undefined ? '' : times(toCoturn),
      toForwarder === undefined ? '' : times(toForwarder),
      figure.target === undefined || server !== 'mmsg'
        ? ''
        : aimOf(figure, toCoturn, figure.target).replaceAll('*', ''),
    ]),
  );
  const all = [['figure', 'server', 'median', 'spread', 'to coturn', 'to forwarder', 'aim'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map(cells => cells[column]!.length)));
  return all
    .map(cells =>
      cells
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
