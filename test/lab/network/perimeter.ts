import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FORMATS, type Plan, planOf } from '../../../src/topology/index.ts';
import type { Program } from '../../testkit/program.ts';
import { configFrom } from '../../testkit/topologies.ts';
import { Host } from './host.ts';
import { Network } from './network.ts';
import { type Told, toldBy } from './told.ts';

/*
 *   partner 131.107.200.80 ----\
 *   home   -- home-nat --------- internet -- nat -- perimeter -- edge 10.45.16.10 and, inside, 192.168.7.10
 *   hotel  -- hotel-nat -------/                       |
 *                                                     desk 192.168.50.50
 *
 * The NAT translates 131.107.155.30 to 10.45.16.10. The perimeter has both of the edge's networks and the enterprise behind it: packets from and
 * to either side of the edge are forwarded by its rules. The home's NAT keeps ports; the hotel's gives each destination another one.
 */
export const PUBLIC = '131.107.155.30';
export const EDGE = '10.45.16.10';
export const EDGE_INSIDE = '192.168.7.10';
export const PARTNER = '131.107.200.80';
export const DESK = '192.168.50.50';
const HOSTS = ['partner', 'home', 'hotel', 'desk', 'edge'] as const;
export type HostName = (typeof HOSTS)[number];

const SALLYPORT = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  new URL('../../../src/cli/main.ts', import.meta.url).pathname,
];

/** The whole network, with an edge that runs, and only what the planner printed loaded on its way. */
export class Perimeter {
  readonly net = new Network();
  readonly plan: Plan;
  readonly #folder: string;
  readonly #hosts = new Map<HostName, Host>();
  #edge: Program | undefined;

  private constructor(configuration: string, folder: string) {
    this.#folder = folder;
    this.plan = planOf(configFrom(configuration), { policy: 'source-and-destination' });
    writeFileSync(join(folder, 'edge.yaml'), configuration);
  }

  static async build(configuration: string, folder: string, { hasHosts = true } = {}): Promise<Perimeter> {
    const made = new Perimeter(configuration, folder);
    try {
      await made.#wire();
      await made.loadRules();
      await made.net.load('nat', FORMATS.nftables.render(made.plan, { what: 'nat', at: 'perimeter' }));
      await made.#startEdge();
      if (hasHosts) await made.freshHosts();
      return made;
    } catch (error) {
      await made.close();
      throw error;
    }
  }

  host(name: HostName): Host {
    return this.#hosts.get(name)!;
  }

  /** What the edge has logged. */
  get edgeLog(): string {
    return this.#edge?.output ?? '';
  }

  /** The planned rules on the perimeter and on the edge itself; on the perimeter without those named. */
  async loadRules(...without: readonly string[]): Promise<void> {
    const plan = { ...this.plan, rules: this.plan.rules.filter(({ id }) => !without.includes(id)) };
    await this.net.load('perimeter', FORMATS.nftables.render(plan, { what: 'rules', at: 'perimeter' }));
    await this.net.load('edge', FORMATS.nftables.render(this.plan, { what: 'rules', at: 'edge' }));
  }

  /** Hosts that have asked nobody yet: what the ones before still wait or try for is forgotten. */
  async freshHosts(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map(host => host.close()));
    await Promise.all(HOSTS.map(async name => this.#hosts.set(name, await Host.start(this.net, name))));
  }

  /** What the doctor gives to somebody who probes from this side. */
  async token(side: 'external' | 'internal'): Promise<string> {
    const file = join(this.#folder, 'edge.yaml');
    const args = ['doctor', '--config', file, '--side', side, '--ports', '0', '--token'];
    const { output } = await this.net.start('edge', ...SALLYPORT, ...args).finish(60_000);
    const [token] = /spd1\.[\w.-]+/.exec(output) ?? [];
    if (token === undefined) throw new Error(`no token: ${output}`);
    return token;
  }

  async probe(from: HostName, token: string): Promise<Told> {
    const args = ['probe', '--token', token, '--ports', '2', '--json'];
    return toldBy(await this.net.start(from, ...SALLYPORT, ...args).finish(60_000));
  }

  /** Frees the edge's ports, so that others can send from them. */
  async stopEdge(): Promise<void> {
    await this.#edge?.stop();
    this.#edge = undefined;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...[...this.#hosts.values()].map(host => host.close()), this.stopEdge()]);
    await this.net.close(); // whatever became of the rest
  }

  async #wire(): Promise<void> {
    const { net } = this;
    await net.add('internet', 'nat', 'perimeter', 'edge', 'desk', 'partner', 'home-nat', 'home', 'hotel-nat', 'hotel');
    await net.cable('internet', '131.107.155.1/30', 'nat', '131.107.155.2/30');
    await net.cable('nat', '10.45.1.1/24', 'perimeter', '10.45.1.2/24');
    await net.cable('perimeter', '10.45.16.1/24', 'edge', `${EDGE}/24`);
    await net.cable('internet', '131.107.200.1/24', 'partner', `${PARTNER}/24`);
    await net.cable('internet', '131.107.201.1/24', 'home-nat', '131.107.201.10/24');
    await net.cable('home-nat', '192.168.1.1/24', 'home', '192.168.1.20/24');
    await net.cable('internet', '131.107.202.1/24', 'hotel-nat', '131.107.202.20/24');
    await net.cable('hotel-nat', '172.20.0.1/24', 'hotel', '172.20.0.33/24');
    await net.cable('perimeter', '192.168.50.1/24', 'desk', `${DESK}/24`);
    await net.cable('perimeter', '192.168.7.1/24', 'edge', `${EDGE_INSIDE}/24`, '-in');
    await this.#route();
    await net.load('home-nat', masquerade(''));
    await net.load('hotel-nat', masquerade('fully-random'));
  }

  async #route(): Promise<void> {
    const { net } = this;
    await net.forwards('internet', 'nat', 'perimeter', 'home-nat', 'hotel-nat');
    await net.route('internet', `${PUBLIC}/32`, '131.107.155.2');
    await net.route('nat', 'default', '131.107.155.1');
    await net.route('nat', '10.45.16.0/24', '10.45.1.2');
    await net.route('perimeter', 'default', '10.45.1.1');
    await net.route('edge', 'default', '10.45.16.1');
    await net.route('edge', '192.168.0.0/16', '192.168.7.1');
    await net.route('desk', 'default', '192.168.50.1');
    await net.route('partner', 'default', '131.107.200.1');
    await net.route('home-nat', 'default', '131.107.201.1');
    await net.route('home', 'default', '192.168.1.1');
    await net.route('hotel-nat', 'default', '131.107.202.1');
    await net.route('hotel', 'default', '172.20.0.1');
  }

  async #startEdge(): Promise<void> {
    this.#edge = this.net.start('edge', ...SALLYPORT, 'start', '--config', join(this.#folder, 'edge.yaml'));
    await this.#edge.until(() => this.#edge!.output.includes('"started"'), 20_000);
  }
}

function masquerade(how: string): string {
  return `table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "internet" masquerade ${how}
  }
}
`;
}
