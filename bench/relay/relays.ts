import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortPair } from '../../test/testkit/free-ports.ts';
import { Program } from '../../test/testkit/program.ts';
import { overUdp, TurnTestClient } from '../../test/testkit/turn-client.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ADDRESS = '127.0.0.1';
const SERVER_CPU = '0';
const READY_MILLIS = 20_000;

/** A relay to be measured. `command` runs it on a port with user alice, password wonderland, and loopback peers allowed. */
export interface Relay {
  readonly name: string;
  version(): string;
  command(port: number, directory: string): readonly string[];
}

/** A relay that runs, pinned to one CPU, in a process of its own. */
export interface RunningRelay {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** Our edge with its quotas opened: 1,000 allocations of one user from one address are this benchmark's only unusual wish. */
export function sallyport(engine: string): Relay {
  return {
    name: `sallyport (${engine})`,
    version: () => `Node.js ${process.versions.node}`,
    command: (port, directory) => {
      const file = join(directory, 'edge.json');
      writeFileSync(file, JSON.stringify(configOf(port, engine)));
      return [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        join(ROOT, 'src/cli/main.ts'),
        'start',
        '--config',
        file,
      ];
    },
  };
}

function configOf(port: number, engine: string) {
  const most = 100_000;
  return {
    realm: 'example.test',
    external: { address: ADDRESS, udp: port, tcp: [], peers: { allow: ['127.0.0.0/8'] } },
    credentials: { users: { alice: 'wonderland' } },
    limits: {
      allocations: most,
      allocationsPerUser: most,
      allocationsPerPrefix: most,
      answersPerSecond: most,
      answersBurst: most,
    },
    engines: [engine],
    log: { level: 'error' },
  };
}

/** coturn as Debian ships it, with its own defaults for everything that costs time, and no log file. */
export const coturn: Relay = {
  name: 'coturn',
  version: () => spawnSync('turnserver', ['--version'], { encoding: 'utf8' }).stdout.trim(),
  command: port => {
    const network = `-L ${ADDRESS} -E ${ADDRESS} -p ${port} --no-tls --no-dtls --min-port 50000 --max-port 59999`;
    const access = '-r example.test --lt-cred-mech -u alice:wonderland --allow-loopback-peers';
    return `turnserver -n --no-cli ${network} ${access} --log-file /dev/null --pidfile /dev/null`.split(' ');
  },
};

export async function startRelay(relay: Relay): Promise<RunningRelay> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const port = await freePortPair(ADDRESS);
  const program = new Program('taskset', ['-c', SERVER_CPU, ...relay.command(port, directory)]);
  const stop = async () => {
    await program.stop();
    rmSync(directory, { recursive: true });
  };
  try {
    await program.until(() => isAnswering(port), READY_MILLIS);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: program.pid, port, stop };
}

async function isAnswering(port: number): Promise<boolean> {
  const client = new TurnTestClient(await overUdp(port, ADDRESS));
  const isAnswered = await client.isAnswered(200);
  await client.close();
  return isAnswered;
}
