import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeToPage } from '../page.ts';
import { crowd } from './crowd.ts';
import { longRun } from './long-run.ts';
import type { Pins } from './pins.ts';
import { steady } from './steady.ts';
import { twoWorkers } from './two-workers.ts';

const PICTURE = join(import.meta.dirname, '../../docs/pictures/long-run.svg');

/** As the command line has them. */
interface Flags {
  readonly rounds?: string | undefined;
  readonly seconds?: string | undefined;
  readonly minutes?: string | undefined;
  readonly workers?: string | undefined;
  readonly millions?: string | undefined;
  readonly write: boolean;
}

type Study = (flags: Flags, pins: Pins, say: (line: string) => void) => Promise<{ page: string; picture?: string }>;

const STUDIES: Readonly<Record<string, Study>> = {
  'two-workers': async ({ rounds = '5', seconds = '5' }, _, say) => ({
    page: await twoWorkers(Number(rounds), Number(seconds), say),
  }),
  crowd: async ({ workers = '1', seconds = '10' }, pins, say) => ({
    page: await crowd(Number(workers), Number(seconds), pins, say),
  }),
  steady: async ({ millions = '10' }, pins, say) => ({ page: await steady(Number(millions) * 1e6, pins, say) }),
  long: ({ minutes = '20' }, pins, say) => longRun(Number(minutes), pins, say),
};

/** Prints what it found and, if that is wanted, puts it into the page. */
export async function runStudy(name: string, flags: Flags, pins: Pins, say: (line: string) => void): Promise<void> {
  const study = STUDIES[name];
  if (study === undefined) {
    say(`no study ${name}; there are ${Object.keys(STUDIES).join(', ')}`);
    process.exit(2);
  }
  const { page, picture } = await study(flags, pins, say);
  process.stdout.write(`${page}\n`);
  if (!flags.write) return;
  writeToPage(`bench:${name}`, page);
  if (picture !== undefined) writeFileSync(PICTURE, picture);
}
