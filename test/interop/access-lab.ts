import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newUsersText, readUsersText, textWithUser } from '../../src/credentials/sip/index.ts';
import type { ConfigInput } from '../../src/index.ts';
import { Network } from '../lab/network/network.ts';
import type { Program } from '../testkit/program.ts';

/*
 *   alice 192.168.1.10 ---- edge 203.0.113.5 ---- bob 192.168.2.10
 *                           edge 10.1.0.10   ---- inside 10.1.0.20 (a server), 10.1.0.30 (a desk)
 *
 * The edge's machine forwards nothing: nobody reaches anybody but by what the edge itself does. The lower cable is there when the
 * configuration has an internal side. The edge is told as 203.0.113.5; inside that leads to its internal address, as split DNS makes a name.
 */
export const EDGE = '203.0.113.5';
export const EDGE_INSIDE = '10.1.0.10';
export const SERVER_INSIDE = '10.1.0.20';
export const DESK_INSIDE = '10.1.0.30';
export const CLIENTS = { alice: '192.168.1.10', bob: '192.168.2.10' } as const;
export type ClientName = keyof typeof CLIENTS;
const TOKEN = 't0ken';
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
      if (differences.internal !== undefined) await lab.#wireInside();
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

  /** A time-limited credential of the REST kind, as an operator's own service gets it. */
  async mint(user: string): Promise<{ username: string; password: string }> {
    const url = 'http://127.0.0.1:9090/v1/credentials';
    const headers = ['-H', `authorization: Bearer ${TOKEN}`, '-H', 'content-type: application/json'];
    const body = JSON.stringify({ user });
    return JSON.parse(await this.net.in('edge', 'curl', '-s', ...headers, '-d', body, url));
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

  async #wireInside(): Promise<void> {
    const { net } = this;
    await net.add('inside');
    await net.cable('inside', `${SERVER_INSIDE}/16`, 'edge', `${EDGE_INSIDE}/16`);
    await net.in('inside', 'ip', 'address', 'add', `${DESK_INSIDE}/16`, 'dev', 'edge');
    await net.route('inside', `${EDGE}/32`, EDGE_INSIDE);
    await net.load('inside', SPLIT);
  }

  #configure({ access, ...differences }: Partial<ConfigInput>): void {
    const config = {
      realm: 'example.test',
      external: { address: EDGE },
      credentials: { secrets: ['north-wind'] },
      access: { users: join(this.folder, 'users.yaml'), name: EDGE, tls: 5061, ...access },
      admin: { address: '127.0.0.1', port: 9090, token: TOKEN },
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

const SPLIT = `table ip split {
  chain output { type nat hook output priority -100; ip daddr ${EDGE} dnat to ${EDGE_INSIDE}; }
}
`;
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
