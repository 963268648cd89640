import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConfigInput } from '../../src/index.ts';
import { loadNative } from '../../src/native/index.ts';
import { portsOf } from '../../src/server/supervisor/shares.ts';
import { formatIp, type TransportAddress } from '../../src/wire/index.ts';
import { as, type USERS, USERS as users } from './edges.ts';
import { Program } from './program.ts';
import type { Need } from './requires.ts';
import { endpoint, overTcp, overUdp, type TestPath, TurnTestClient } from './turn-client.ts';
import type { ClientCredential } from './turn-talker.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
/** Below the ephemeral range: no listener whose port the system chose lies in it. */
const RELAY_PORTS = { first: 12_000, last: 13_999 };

export const NATIVE: Need = { name: 'the native layer', isMet: () => typeof loadNative() !== 'string' };

export type LogLine = Readonly<Record<string, unknown>>;

/** `sallyport start` with workers, as an operator runs it: its log and its admin API are all there is to see. */
export class WorkersBench {
  readonly program: Program;
  readonly folder: string;
  readonly workers: number;
  readonly #clients: TurnTestClient[] = [];

  static async start(differences: Partial<ConfigInput> = {}, workers = 2): Promise<WorkersBench> {
    const bench = new WorkersBench(differences, workers);
    await bench.program.until(() => bench.adminUrl !== undefined, 30_000);
    return bench;
  }

  private constructor(differences: Partial<ConfigInput>, workers: number) {
    this.workers = workers;
    this.folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
    const config = {
      external: { address: '127.0.0.1', udp: 0, tcp: 0, peers: { allow: ['127.0.0.0/8'] } },
      relayPorts: `${RELAY_PORTS.first}-${RELAY_PORTS.last}`,
      credentials: { users, secrets: ['north-wind'] },
      admin: { port: 0, token: 't0ken' },
      limits: { connections: 1_000 },
      workers,
      ...differences,
    };
    const file = join(this.folder, 'edge.json');
    writeFileSync(file, JSON.stringify(config));
    this.program = new Program(process.execPath, [MAIN, 'start', '--config', file]);
  }

  get log(): LogLine[] {
    const lines = this.program.output.split('\n').filter(line => line.startsWith('{') && line.endsWith('}'));
    return lines.map(line => JSON.parse(line) as LogLine);
  }

  logged(msg: string): LogLine[] {
    return this.log.filter(line => line.msg === msg);
  }

  get adminUrl(): string | undefined {
    return this.#started?.admin as string | undefined;
  }

  get udp(): number {
    return this.ports('udp')[0]!;
  }

  get tcp(): number {
    return this.ports('tcp')[0]!;
  }

  listeners(transport: 'udp' | 'tcp'): { readonly ip: string; readonly port: number }[] {
    const addresses = (this.#started![transport] as string[]).map(endpoint);
    return addresses.map(address => ({ ip: formatIp(address), port: address.port }));
  }

  ports(transport: 'udp' | 'tcp'): number[] {
    return this.listeners(transport).map(({ port }) => port);
  }

  /** The process that is this worker now. */
  pid(worker: number): number {
    return this.logged('worker started').findLast(line => line.worker === worker)!.pid as number;
  }

  /** Ends a worker's process, as a fault would. */
  kill(worker: number): void {
    process.kill(this.pid(worker), 'SIGKILL');
  }

  /** Resolves when a worker serves that has had this many processes before. */
  async served(worker: number, restarts: number): Promise<void> {
    await this.program.until(
      () => this.logged('worker started').filter(line => line.worker === worker).length > restarts,
      20_000,
    );
  }

  /** Whose relay port this is. */
  workerOf({ port }: TransportAddress): number {
    for (let worker = 1; worker <= this.workers; worker++) {
      const { first, last } = portsOf(RELAY_PORTS, worker, this.workers);
      if (port >= first && port <= last) return worker;
    }
    throw new Error(`${port} is no relay port`);
  }

  client(path: TestPath, credential: ClientCredential = as('alice')): TurnTestClient {
    const client = new TurnTestClient(path, credential);
    this.#clients.push(client);
    return client;
  }

  async over(transport: 'udp' | 'tcp', user: keyof typeof USERS = 'alice'): Promise<TurnTestClient> {
    return this.client(await (transport === 'udp' ? overUdp(this.udp) : overTcp(this.tcp)), as(user));
  }

  /** A client with an allocation on this worker: the kernel chooses, so others are tried and given back. */
  async on(
    worker: number,
    transport: 'udp' | 'tcp' = 'udp',
    user: keyof typeof USERS = 'alice',
  ): Promise<{ client: TurnTestClient; relayed: TransportAddress }> {
    for (let tries = 0; tries < 64; tries++) {
      const client = await this.over(transport, user);
      const relayed = await client.relayed();
      if (this.workerOf(relayed) === worker) return { client, relayed };
      await client.refresh(0);
    }
    throw new Error(`no client came to worker ${worker}`);
  }

  async get(path: string): Promise<Response> {
    return fetch(new URL(path, this.adminUrl));
  }

  /** The value of one series of the metrics. */
  async metric(series: string): Promise<number> {
    const text = await (await this.get('/metrics')).text();
    const line = text.split('\n').find(one => one.startsWith(`${series} `));
    if (line === undefined) throw new Error(`there is no ${series} in\n${text}`);
    return Number(line.slice(series.length + 1));
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map(client => client.close()));
    await this.program.stop();
    rmSync(this.folder, { recursive: true });
  }

  /** Only the supervisor has an admin listener to tell of. */
  get #started(): LogLine | undefined {
    return this.logged('started').find(line => line.admin !== undefined);
  }
}
