/**
 * CPU time per relayed datagram on our edge: ChannelData beside the Microsoft dialect's bare datagrams and its Send requests, which are
 * each signed: `node bench/relay/dialects.ts [--engine mmsg] [--rounds N] [--seconds N] [--write]`. They take turns, each on a fresh edge
 * on CPU 0 with the load on CPU 1. `--write` puts the table into docs/performance.md. Linux, and taskset.
 */
import { parseArgs } from 'node:util';
import { writeToPage } from '../page.ts';
import { type Measured, spreadOf } from './figures.ts';
import { type Load, measureUndisturbed, percent } from './measure.ts';
import { sallyport } from './relays.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'mmsg' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    write: { type: 'boolean', default: false },
  },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const edge = sallyport(values.engine);
const size = { allocations: 10, inFlight: 16 };
const LOADS: readonly Load[] = [
  { name: 'ChannelData', via: 'channel', ...size },
  { name: 'Microsoft, active destination: bare', via: 'ms-bare', ...size },
  { name: 'Microsoft, Send request and Data Indication', via: 'ms-send', ...size },
];

const runs = new Map<Load, Measured[]>(LOADS.map(load => [load, []]));
for (let round = 1; round <= rounds; round++) {
  for (const load of round % 2 === 1 ? LOADS : LOADS.toReversed()) {
    const measured = await measureUndisturbed(edge, load, seconds);
    runs.get(load)!.push(measured);
    process.stderr.write(`round ${round}, ${load.name}: ${(measured.nanosPerDatagram / 1000).toFixed(2)} µs\n`);
  }
}
const reference = runs.get(LOADS[0]!)!;
const rows = LOADS.map(load => {
  const of = runs.get(load)!;
  const { least, median, most } = spreadOf(of.map(run => run.nanosPerDatagram / 1000));
  const ratio = spreadOf(of.map((run, i) => run.nanosPerDatagram / reference[i]!.nanosPerDatagram)).median;
  return `| ${load.name} | **${median.toFixed(2)}** (${least.toFixed(2)}–${most.toFixed(2)}) | ${ratio.toFixed(2)} |`;
});
const others = percent(Math.max(...[...runs.values()].flat().map(run => run.othersShare)));
const table = ['| datagrams by | CPU µs per datagram | times ChannelData |', '|---|---|---|', ...rows].join('\n');
const text = `${table}\n\n${edge.name}, 10 allocations × 16 in flight, ${rounds} rounds of ${seconds} s; other work took at most ${others} of a CPU.`;
process.stdout.write(`${text}\n`);
if (values.write) writeToPage('bench:dialects', text);
