import { join } from 'node:path';
import { Program } from '../../test/testkit/program.ts';
import type { Measured } from './figures.ts';
import { type Relay, startRelay } from './relays.ts';

/** How datagrams travel between client and relay: RFC 8656, or the Microsoft dialect in its two ways. */
export type Via = 'channel' | 'ms-bare' | 'ms-send';

export interface Load {
  readonly name: string;
  readonly allocations: number;
  readonly inFlight: number;
  readonly via: Via;
}

const LOAD_CPU = '1';
/** In CPUs. */
const MOST_DISTURBANCE = 0.15;
const ATTEMPTS = 4;
const WARM_UP_SECONDS = 2;
const SETTING_UP_SECONDS = 30;

/** One load on a relay that is started for it. A run beside other work is thrown away, a few times. */
export async function measureUndisturbed(relay: Relay, load: Load, seconds: number): Promise<Measured> {
  for (let attempt = 1; ; attempt++) {
    const measured = await measure(relay, load, seconds);
    if (measured.othersShare < MOST_DISTURBANCE || attempt === ATTEMPTS) return measured;
    process.stderr.write(`other work took ${percent(measured.othersShare)} of a CPU: again\n`);
  }
}

async function measure(relay: Relay, { allocations, inFlight, via }: Load, seconds: number): Promise<Measured> {
  const running = await startRelay(relay);
  try {
    const script = join(import.meta.dirname, 'load.ts');
    const { port, pid } = running;
    const options = { port, pid, allocations, via, 'in-flight': inFlight, 'warm-up': WARM_UP_SECONDS, seconds };
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    const load = new Program('taskset', ['-c', LOAD_CPU, process.execPath, script, ...flags]);
    const { status, output } = await load.finish((WARM_UP_SECONDS + seconds + SETTING_UP_SECONDS) * 1000);
    if (status !== 0) throw new Error(`the load on ${relay.name} failed: ${output}`);
    return JSON.parse(output.trim().split('\n').at(-1)!);
  } finally {
    await running.stop();
  }
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
