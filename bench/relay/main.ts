/**
 * CPU time per relayed datagram, our engines beside Debian's coturn under the same load:
 * `npm run bench:relay -- [--engines dgram,mmsg] [--rounds N] [--seconds N] [--json] [--write]`. In each round the relays take turns,
 * each in a fresh process on CPU 0 with the load on CPU 1; a run beside other work is repeated. `--write` puts the table into
 * docs/performance.md. Needs Linux, two CPUs, coturn and taskset.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { pathOf } from '../../test/testkit/requires.ts';
import { writeToPage } from '../page.ts';
import { type Figures, figuresOf, type Measured, markdownOf } from './figures.ts';
import { type Load, measureUndisturbed, percent } from './measure.ts';
import { coturn, type Relay, sallyport } from './relays.ts';

const LOADS: readonly Load[] = [
  { name: '10 allocations × 16 in flight', allocations: 10, inFlight: 16, via: 'channel' },
  { name: '1,000 allocations × 1 in flight', allocations: 1_000, inFlight: 1, via: 'channel' },
];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    engines: { type: 'string', default: 'dgram,mmsg' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const missing = ['turnserver', 'taskset'].filter(program => pathOf(program) === undefined);
if (missing.length > 0 || cpus().length < 2) {
  process.stderr.write(
    `this comparison needs Linux, two CPUs, turnserver and taskset; missing: ${missing.join(', ') || 'a CPU'}\n`,
  );
  process.exit(2);
}

const ours = values.engines.split(',').map(sallyport);
const relays = [coturn, ...ours];
const figures: Figures[] = [];
for (const load of LOADS) figures.push(...(await compare(load)));
report();

async function compare(load: Load): Promise<Figures[]> {
  const runs = new Map<Relay, Measured[]>(relays.map(relay => [relay, []]));
  for (let round = 1; round <= rounds; round++) {
    // who goes first alternates as well
    for (const relay of round % 2 === 1 ? relays : relays.toReversed()) {
      const measured = await measureUndisturbed(relay, load, seconds);
      runs.get(relay)!.push(measured);
      const micros = (measured.nanosPerDatagram / 1000).toFixed(2);
      process.stderr.write(`${load.name}, round ${round}, ${relay.name}: ${micros} µs\n`);
    }
  }
  const reference = runs.get(coturn)!;
  return [...runs].map(([relay, of]) => figuresOf(load.name, relay.name, of, relay === coturn ? undefined : reference));
}

function report(): void {
  const about = {
    cpu: cpus()[0]!.model.trim(),
    cpus: cpus().length,
    relays: Object.fromEntries(relays.map(relay => [relay.name, relay.version()])),
    rounds,
    seconds,
  };
  const versions = `coturn ${coturn.version()}, Node.js ${process.versions.node}`;
  const others = percent(Math.max(...figures.map(figure => figure.othersShare.most)));
  const text = `${markdownOf(figures)}\n\n${rounds} rounds of ${seconds} s; ${versions}; ${about.cpus} × ${about.cpu}; other work took at most ${others} of a CPU.`;
  process.stdout.write(
    values.json ? `${JSON.stringify({ bench: 'relay', ...about, figures }, null, 2)}\n` : `${text}\n`,
  );
  if (values.write) writeToPage('bench:relay', text);
}
