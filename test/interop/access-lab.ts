import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newUsersText, readUsersText, textWithUser } from '../../src/credentials/sip/index.ts';
import type { ConfigInput } from '../../src/index.ts';
import { Network } from '../lab/network/network.ts';
import type { Program } from '../testkit/program.ts';

/*
 *   alice 192.168.1.10 ---- edge 203.0.113.5 ---- bob 192.168.2.10
 *
 * The edge's machine forwards nothing: neither client reaches the other but by what the edge itself does.
 */
export const EDGE = '203.0.113.5';
export const CLIENTS = { alice: '192.168.1.10', bob: '192.168.2.10' } as const;
export type ClientName = keyof typeof CLIENTS;
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** A whole edge, `sallyport start --config`, between two clients that are cut off from each other. */
export class AccessLab {
  readonly net = new Network();
  readonly folder: string;
  #edge: Program | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Users are alice and bob, whose passwords are `alice-password` and `bob-password`. */
  static async build(folder: string, differences: Partial<ConfigInput> = {}): Promise<AccessLab> {
    const lab = new AccessLab(folder);
    try {
      await lab.#wire();
      lab.#configure(differences);
      await lab.#start();
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** The log lines with this message. */
  logged(message: string): Record<string, unknown>[] {
    return this.#edge!.output.split('\n')
      .filter(line => line.startsWith('{') && line.endsWith('}'))
      .map(line => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === message);
  }

  get output(): string {
    return this.#edge?.output ?? '';
  }

  /** The value of one series of the metrics. */
  async metric(series: string): Promise<number> {
    const text = await this.net.in('edge', 'curl', '-s', 'http://127.0.0.1:9090/metrics');
    const line = text.split('\n').find(one => one.startsWith(`${series} `));
    return line === undefined ? 0 : Number(line.slice(series.length + 1));
  }

  /** From now on no UDP leaves the clients. */
  async blockUdp(): Promise<void> {
    for (const name of Object.keys(CLIENTS)) await this.net.load(name, NO_UDP);
  }

  async close(): Promise<void> {
    await this.#edge?.stop();
    await this.net.close();
  }

  async #wire(): Promise<void> {
    const { net } = this;
    await net.add('edge', ...Object.keys(CLIENTS));
    await net.in('edge', 'ip', 'address', 'add', `${EDGE}/32`, 'dev', 'lo');
    for (const [name, address] of Object.entries(CLIENTS)) {
      const gateway = address.replace(/\d+$/, '1');
      await net.cable(name, `${address}/24`, 'edge', `${gateway}/24`);
      await net.route(name, 'default', gateway);
    }
  }

  #configure(differences: Partial<ConfigInput>): void {
    const config = {
      realm: 'example.test',
      external: { address: EDGE },
      credentials: { secrets: ['north-wind'] },
      access: { users: join(this.folder, 'users.yaml'), name: EDGE, tls: 5061 },
      admin: { address: '127.0.0.1', port: 9090, token: 't0ken' },
      limits: { allocations: 500, connections: 500 },
      log: { level: 'debug' },
      engines: ['dgram'],
      workers: 1,
      ...differences,
    };
    writeFileSync(join(this.folder, 'edge.json'), JSON.stringify(config));
    writeFileSync(join(this.folder, 'users.yaml'), usersText(Object.keys(CLIENTS)), { mode: 0o600 });
  }

  async #start(): Promise<void> {
    const args = ['--disable-warning=ExperimentalWarning', MAIN, 'start', '--config', join(this.folder, 'edge.json')];
    this.#edge = this.net.start('edge', process.execPath, ...args);
    await this.#edge.until(() => this.logged('started').length > 0, 20_000);
  }
}

const NO_UDP = `table inet no_udp {
  chain output { type filter hook output priority 0; oifname != "lo" meta l4proto udp drop; }
}
`;

function usersText(names: readonly string[]): string {
  return names.reduce((text, name) => {
    const document = readUsersText(text);
    if (!('file' in document)) throw new Error(JSON.stringify(document));
    return textWithUser(document, { name, password: `${name}-password` });
  }, newUsersText('example.test'));
}
