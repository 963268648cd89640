import type { LoadOptions } from './options.ts';
import type { LoadReport } from './report.ts';

/** A generator this busy may be what is measured. */
const BUSY = 0.9;
const LATE_MICROS = 5_000;
/** Beyond this, what the server could not take shows in its processor time as well. */
const FULL = 0.97;

/** What makes the figures doubtful, in words. */
export function warningsOf({ generator, server, traffic, setup }: LoadReport, options: LoadOptions): string[] {
  const warnings: string[] = [];
  const isFull = server !== undefined && server.cpuShare > FULL;
  if (generator.cpuShare > BUSY && !isFull) {
    warnings.push(
      `the generator used ${percent(generator.cpuShare)} of a core: it may be the bottleneck, not the server`,
    );
  }
  if (generator.skipped > 0) {
    warnings.push(`${generator.skipped} sends were skipped: the generator could not keep to the rate`);
  }
  if (generator.lagMicros !== undefined && generator.lagMicros.p99 > LATE_MICROS) {
    warnings.push(`one send in a hundred was more than ${Math.round(generator.lagMicros.p99 / 1000)} ms late`);
  }
  if (generator.refused > 0) warnings.push(`${generator.refused} datagrams were refused by the generator's own system`);
  if (generator.sockets === 'node:dgram') {
    warnings.push(
      'the native layer does not load: UDP goes through node:dgram, and the generator is soon the bottleneck',
    );
    if (options.usesRuns) warnings.push('--gso was not done: it takes the native layer');
  }
  if (setup.failed > 0)
    warnings.push(`${setup.failed} of ${options.clients} clients got no allocation and sent nothing`);
  if (traffic !== undefined && traffic.received === 0) warnings.push('nothing arrived: do the peers have a way back?');
  return warnings;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
