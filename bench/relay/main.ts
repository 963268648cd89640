/**
 * CPU time per relayed datagram, our edge beside Debian's coturn under the same load:
 * `npm run bench:relay -- [--engines dgram,mmsg] [--rounds N] [--seconds N] [--json] [--write]`. In each round the relays take turns, each in a fresh process on
 * CPU 0 with the load on CPU 1. `--write` puts the table into docs/performance.md. Linux, and coturn, taskset.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Program } from '../../test/testkit/program.ts';
import { pathOf } from '../../test/testkit/requires.ts';
import { writeToPage } from '../page.ts';
import { type Figures, figuresOf, type Measured, markdownOf } from './figures.ts';
import { coturn, type Relay, sallyport, startRelay } from './relays.ts';

const LOADS = [
  { name: '10 allocations × 16 in flight', allocations: 10, inFlight: 16 },
  { name: '1,000 allocations × 1 in flight', allocations: 1_000, inFlight: 1 },
] as const;
const LOAD_CPU = '1';
/** In CPUs. */
const MOST_DISTURBANCE = 0.15;
const ATTEMPTS = 4;
const WARM_UP_SECONDS = 2;
const SETTING_UP_SECONDS = 30;

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

async function compare(load: (typeof LOADS)[number]): Promise<Figures[]> {
  const runs = new Map<Relay, Measured[]>(relays.map(relay => [relay, []]));
  for (let round = 1; round <= rounds; round++) {
    // who goes first alternates as well
    for (const relay of round % 2 === 1 ? relays : relays.toReversed()) {
      const measured = await measureUndisturbed(relay, load);
      runs.get(relay)!.push(measured);
      const micros = (measured.nanosPerDatagram / 1000).toFixed(2);
      process.stderr.write(`${load.name}, round ${round}, ${relay.name}: ${micros} µs\n`);
    }
  }
  const reference = runs.get(coturn)!;
  return [...runs].map(([relay, of]) => figuresOf(load.name, relay.name, of, relay === coturn ? undefined : reference));
}

/** A run beside other work is thrown away, a few times. */
async function measureUndisturbed(relay: Relay, load: (typeof LOADS)[number]): Promise<Measured> {
  for (let attempt = 1; ; attempt++) {
    const measured = await measure(relay, load);
    if (measured.othersShare < MOST_DISTURBANCE || attempt === ATTEMPTS) return measured;
    process.stderr.write(`other work took ${percent(measured.othersShare)} of a CPU: again\n`);
  }
}

async function measure(relay: Relay, { allocations, inFlight }: (typeof LOADS)[number]): Promise<Measured> {
  const running = await startRelay(relay);
  try {
    const script = join(import.meta.dirname, 'load.ts');
    const options = {
      port: running.port,
      pid: running.pid,
      allocations,
      'in-flight': inFlight,
      'warm-up': WARM_UP_SECONDS,
      seconds,
    };
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    const load = new Program('taskset', ['-c', LOAD_CPU, process.execPath, script, ...flags]);
    const { status, output } = await load.finish((WARM_UP_SECONDS + seconds + SETTING_UP_SECONDS) * 1000);
    if (status !== 0) throw new Error(`the load on ${relay.name} failed: ${output}`);
    return JSON.parse(output.trim().split('\n').at(-1)!);
  } finally {
    await running.stop();
  }
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

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
