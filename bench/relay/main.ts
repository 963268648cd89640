import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePortPair } from '../../test/testkit/free-ports.ts';
import { writeToPage } from '../page.ts';
import { runLoad } from './generator.ts';
import { HELP } from './help.ts';
import { markdownOf, tableOf } from './page.ts';
import { barsOf, pictureOf } from './picture.ts';
import { choosePins } from './pins.ts';
import { type ProcessorTimes, processorTimes } from './processor-times.ts';
import { growth, Results } from './results.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { coturnVersion, missing, SERVER_IP, type Server, type ServerName, startServer } from './servers.ts';
import { runStudy } from './studies.ts';

const PICTURE = join(import.meta.dirname, '../../docs/pictures/performance.svg');
/** When coturn is not here to be measured: what it needs elsewhere. */
const USUAL_MICROS = 5;
/** What each server does before it is measured: a relay runs for days, and V8 compiles what it does in its first seconds. */
const WARM_UP = [
  ['-n', '10', '--in-flight', '16'],
  ['-n', '100', '--video', '6', '--gso'],
];
/** The load average of a machine that has nothing else to do. */
const IDLE = 0.7;
/** A share of the processors' time whose loss begins to show in delays. */
const STOLEN = 0.005;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    servers: { type: 'string' },
    rounds: { type: 'string' },
    minutes: { type: 'string' },
    study: { type: 'string' },
    workers: { type: 'string' },
    millions: { type: 'string' },
    help: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit();
}
const pins = choosePins();
if (values.study !== undefined) {
  await runStudy(values.study, values, pins, say);
  process.exit();
}
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
const seconds = Number(values.seconds ?? (values.quick ? 1 : 2));
const warmup = values.quick ? 0.5 : 0.8;
const until = performance.now() + Number(values.minutes ?? 14) * 60_000;
const scenarios = chosen();
const results = new Results();
const running = new Map<ServerName, Server>();
let isInterrupted = false;
process.once('SIGINT', () => {
  isInterrupted = true;
});

if (pins.server === undefined)
  results.notes.add('server and generator were not pinned: their figures disturb each other');
const loadBefore = loadavg()[0] ?? 0;
if (loadBefore > IDLE) {
  results.notes.add(
    `the machine was busy with something else (load ${loadBefore.toFixed(1)} when this began): no figure here is to be trusted`,
  );
}
const before = processorTimes();
const done = await measureRounds();
noteStolen(before, processorTimes());
report();

/** On a virtual machine: time that another one had while we could have run. */
function noteStolen(from: ProcessorTimes | undefined, to: ProcessorTimes | undefined): void {
  if (from === undefined || to === undefined) return;
  const share = (to.stolen - from.stolen) / (to.all - from.all);
  if (share < STOLEN) return;
  results.notes.add(
    `the machine below this one gave ${percent(share)} of our processors' time to others: delays are theirs`,
  );
}

/** Returns how many rounds there were. */
async function measureRounds(): Promise<number> {
  let longest = 0;
  for (let round = 0; round < rounds && !isInterrupted; round++) {
    const began = performance.now();
    if (round > 0 && began + longest > until) return round;
    try {
      for (const scenario of scenarios) await measureScenario(scenario, round);
    } finally {
      await stopAll();
    }
    longest = Math.max(longest, performance.now() - began);
    say(`round ${round + 1} of ${rounds}: ${Math.round((performance.now() - began) / 1000)} s`);
  }
  return rounds;
}

async function measureScenario(scenario: Scenario, round: number): Promise<void> {
  const order = round % 2 === 0 ? scenario.servers : scenario.servers.toReversed();
  for (const name of order) {
    if (isInterrupted || !isChosen(scenario, name)) continue;
    try {
      await measureOne(scenario, name, round);
    } catch (error) {
      results.notes.add(`${scenario.name}, ${name}: ${(error as Error).message}`);
      await stopOne(name);
    }
  }
}

async function measureOne(scenario: Scenario, name: ServerName, round: number): Promise<void> {
  if (scenario.isFresh) await stopOne(name);
  const server = running.get(name) ?? (await start(name, scenario.isFresh === true));
  const { transport } = scenario;
  const report = await runLoad(server, { transport, flags: scenario.flags(capacity()), seconds, warmup }, pins);
  for (const figure of scenario.figures) results.put(figure.id, name, round, figure.read(report));
  const shown = scenario.figures.map(f => `${f.id} ${f.read(report)?.toFixed(2) ?? 'none'} ${f.unit}`).join(', ');
  const busy = `server ${percent(report.server?.cpuShare)}, generator ${percent(report.generator.cpuShare)}`;
  const loss = report.traffic?.lost ? `, lost ${percent(report.traffic.lossShare)}` : '';
  say(`${scenario.name.padEnd(13)} ${name.padEnd(10)} ${shown} (${busy}${loss})`);
  for (const warning of noteworthy(report.generator.warnings))
    results.notes.add(`${scenario.name}, ${name}: ${warning}`);
  if (report.traffic !== undefined && report.traffic.lossShare > 0.001) {
    results.notes.add(
      `${scenario.name}, ${name}: ${percent(report.traffic.lossShare)} of the datagrams were lost in round ${round + 1}`,
    );
  }
}

/** Datagrams that coturn relays in a second of processor time, as measured last: machines that others use as well change from round to round. */
function capacity(): number {
  const micros = results.of('10x16', 'coturn').findLast(v => v !== undefined);
  return 1e6 / (micros ?? USUAL_MICROS);
}

/** A closed loop keeps whoever is slower busy, and which of the two says nothing about the server's processor time. */
function noteworthy(warnings: readonly string[]): string[] {
  return warnings.filter(warning => !warning.includes('bottleneck'));
}

async function start(name: ServerName, isFresh: boolean): Promise<Server> {
  const udp = await freePortPair(SERVER_IP);
  const server = await startServer(name, { udp, tls: udp + 1 }, pins);
  running.set(name, server);
  const warmUp = isFresh ? [] : WARM_UP;
  for (const flags of warmUp) await runLoad(server, { transport: 'udp', flags, seconds: 1, warmup: 0.5 }, pins);
  return server;
}

async function stopOne(name: ServerName): Promise<void> {
  await running.get(name)?.stop();
  running.delete(name);
}

async function stopAll(): Promise<void> {
  for (const name of running.keys()) await stopOne(name);
}

function chosen(): Scenario[] {
  const names = values.only?.split(',');
  if (names === undefined) return [...SCENARIOS];
  const unknown = names.filter(name => !SCENARIOS.some(scenario => scenario.name === name));
  if (unknown.length > 0) {
    say(`no scenario ${unknown.join(', ')}; there are ${SCENARIOS.map(({ name }) => name).join(', ')}`);
    process.exit(2);
  }
  return SCENARIOS.filter(({ name }) => names.includes(name));
}

function isChosen(scenario: Scenario, name: ServerName): boolean {
  if (values.servers !== undefined) return values.servers.split(',').includes(name);
  if (values.quick && scenario.slow?.includes(name)) return false;
  const why = missing(name);
  if (why !== undefined) results.notes.add(`${name} was left out: ${why}`);
  return why === undefined;
}

function report(): void {
  const figures = results.summary(scenarios);
  const facts = {
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, Linux ${release().split('.', 2).join('.')}`,
    rounds: done,
    seconds,
    versions: `coturn ${coturnVersion()}, Node.js ${process.versions.node}`,
    growth: (['coturn', 'mmsg'] as const).flatMap(server => {
      const ratio = growth(results, server);
      return ratio === undefined ? [] : [{ server, ratio }];
    }),
    notes: [...results.notes],
  };
  if (values.json) process.stdout.write(`${JSON.stringify({ bench: 'relay', ...facts, figures }, null, 2)}\n`);
  else process.stdout.write(`${tableOf(figures)}\n${facts.notes.map(note => `note: ${note}\n`).join('')}`);
  if (values.write) write(figures, facts);
}

function write(figures: Parameters<typeof markdownOf>[0], facts: Parameters<typeof markdownOf>[1]): void {
  writeToPage('bench:relay', markdownOf(figures, facts));
  const caption = `engine mmsg beside coturn ${coturnVersion()}, ${facts.rounds === 1 ? 'one round' : `${facts.rounds} rounds`}; whiskers from the least to the most of all rounds`;
  writeFileSync(PICTURE, pictureOf(barsOf(figures), caption));
}

function percent(share: number | undefined): string {
  return share === undefined ? '?' : `${(share * 100).toFixed(share < 0.01 ? 2 : 0)} %`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
