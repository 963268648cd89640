import { loadConfig } from '../../src/control/config/index.ts';
import type { ConfigInput } from '../../src/control/index.ts';
import { Edge, type EdgeOptions, makeLog } from '../../src/server/index.ts';

/** What a test wants different from an edge on loopback that may relay to loopback. */
export interface EdgeDifferences extends Omit<Partial<ConfigInput>, 'external'> {
  readonly external?: Partial<ConfigInput['external']>;
  readonly options?: Omit<EdgeOptions, 'log'>;
}

export const SECRET = 'north-wind';
export const USERS: Readonly<Record<string, string>> = { alice: 'wonderland', bob: 'builder' };

/** A real edge with its log and metrics at hand. */
export class EdgeBench {
  readonly edge: Edge;
  readonly lines: string[];

  static async start({ options, external, ...differences }: EdgeDifferences = {}): Promise<EdgeBench> {
    const loopback = { address: '127.0.0.1', udp: 0, tcp: 0, peers: { allow: ['127.0.0.0/8', '::1'] } };
    const input = {
      realm: 'example.test',
      external: { ...loopback, ...external },
      credentials: { secrets: [SECRET], users: USERS },
      ...differences,
    };
    const { config, problems } = loadConfig(JSON.stringify(input), 'bench');
    if (config === undefined) throw new Error(problems.map(p => p.message).join('\n'));
    const lines: string[] = [];
    const log = makeLog('trace', { write: line => void lines.push(line) });
    return new EdgeBench(await Edge.start(config, { log, ...options }), lines);
  }

  private constructor(edge: Edge, lines: string[]) {
    this.edge = edge;
    this.lines = lines;
  }

  get udp(): number {
    return this.edge.ports.udp[0]!;
  }

  get tcp(): number {
    return this.edge.ports.tcp[0]!;
  }

  /** The log lines with this message, read. */
  logged(message: string): Record<string, unknown>[] {
    return this.lines.map(line => JSON.parse(line) as Record<string, unknown>).filter(line => line.msg === message);
  }

  /** The value of one series, such as `sallyport_drops_total{reason="no-relay"}`. */
  async metric(series: string): Promise<number> {
    const text = await this.edge.metrics();
    const line = text.split('\n').find(one => one.startsWith(`${series} `));
    if (line === undefined) throw new Error(`there is no ${series} in\n${text}`);
    return Number(line.slice(series.length + 1));
  }

  /** How many TCP and TLS connections ended for this reason. */
  ended(reason: string): Promise<number> {
    return this.metric(`sallyport_connections_ended_total{reason="${reason}"}`);
  }

  dropped(reason: string): Promise<number> {
    return this.metric(`sallyport_drops_total{reason="${reason}"}`);
  }

  async close(): Promise<void> {
    await this.edge.close();
  }
}
