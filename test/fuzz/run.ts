/**
 * Fuzzes one target or all: `node test/fuzz/run.ts [TARGET] [--seconds N] [--runs N] [--seed N]`.
 * An input that breaks a target is saved into its corpus, so that it stays tested; the exit code is then 1.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Dice } from './dice.ts';
import { mutate } from './mutator.ts';
import { corpusOf, TARGETS } from './targets.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string' }, runs: { type: 'string' }, seed: { type: 'string' } },
});
const names = positionals.length > 0 ? positionals : Object.keys(TARGETS);
const unknown = names.find(name => !(name in TARGETS));
if (unknown !== undefined) {
  console.error(`no target ${unknown}; there are ${Object.keys(TARGETS).join(', ')}`);
  process.exit(2);
}
const seed = Number(values.seed ?? Date.now() % 1_000_000_007);
const runs = Number(values.runs ?? Infinity);
const seconds = Number(values.seconds ?? (values.runs === undefined ? 10 : Infinity));
const verdicts = names.map(name => fuzzOne(name));
process.exitCode = verdicts.every(isFine => isFine) ? 0 : 1;

function fuzzOne(name: string): boolean {
  const corpus = corpusOf(name).map(one => one.bytes);
  const dice = new Dice(seed);
  const startedAt = performance.now();
  let done = 0;
  let input = new Uint8Array(0);
  try {
    for (; done < runs && (done % 256 !== 0 || performance.now() - startedAt < seconds * 1000); done++) {
      input = Uint8Array.from(mutate(corpus, dice));
      TARGETS[name]!(input);
    }
  } catch (error) {
    console.error(`${name}: broken by ${save(name, input)} (seed ${seed}, execution ${done})`);
    console.error(error);
    return false;
  }
  const took = (performance.now() - startedAt) / 1000;
  console.log(`${name}: ${done} executions in ${took.toFixed(1)} s, ${Math.round(done / took)}/s, seed ${seed}`);
  return true;
}

function save(name: string, input: Uint8Array): string {
  const file = `crash-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`;
  writeFileSync(new URL(`corpus/${name}/${file}`, import.meta.url), input);
  return `corpus/${name}/${file}`;
}
