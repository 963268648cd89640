import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { LoadReport } from '../../src/load/index.ts';
import { type Pins, pinned } from './pins.ts';
import { CLIENT_IP, PASSWORD, PEER_IP, PEER_PORT, type Server, USER } from './servers.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const MOST_MILLIS = 60_000;

/** One run of `sallyport load` on a server that runs already. */
export interface Load {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly flags: readonly string[];
  readonly seconds: number;
  readonly warmup: number;
  /** For a second load at the same time. */
  readonly peerPort?: number;
}

export async function runLoad(server: Server, load: Load, pins: Pick<Pins, 'generator'>): Promise<LoadReport> {
  const who = server.name === 'forwarder' ? ['--no-allocate'] : ['--user', USER, '--password', PASSWORD];
  const where = [
    '--from',
    CLIENT_IP,
    '--peer-address',
    `${PEER_IP}:${load.peerPort ?? PEER_PORT}`,
    '--pid',
    `${server.pid}`,
  ];
  const long = ['--seconds', `${load.seconds}`, '--warmup', `${load.warmup}`, '--json'];
  const what = ['load', address(server, load.transport), ...load.flags];
  const command = [process.execPath, MAIN, ...what, ...who, ...where, ...long];
  const { output, errors } = await outputOf(pinned(command, pins.generator), MOST_MILLIS + load.seconds * 1000);
  try {
    return JSON.parse(output) as LoadReport;
  } catch {
    throw new Error(`no figures of ${server.name}: ${errors.trim() || output.trim() || 'no output'}`);
  }
}

function address(server: Server, transport: Load['transport']): string {
  if (transport === 'udp') return `turn:127.0.0.1:${server.udp}`;
  if (transport === 'tcp') return `turn:127.0.0.1:${server.tcp}?transport=tcp`;
  return `turns:127.0.0.1:${server.tls}`;
}

function outputOf(
  [program = '', ...args]: readonly string[],
  timeout: number,
): Promise<{ output: string; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', () => resolve({ output, errors }));
  });
}
