import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORMATS, planOf } from '../../../src/topology/index.ts';
import { certificateUntil } from '../../testkit/certificates.ts';
import type { Program } from '../../testkit/program.ts';
import { configFrom } from '../../testkit/topologies.ts';
import { Network } from '../network/network.ts';
import { type Told, toldBy } from '../network/told.ts';

/*
 *   visitor 131.107.200.80 ---- internet ---- nat ---- edge 10.45.16.10
 *   home -- home-nat ----------/    \---- mate 131.107.155.40
 *
 * An edge behind a NAT that does what the planner says, another edge of its pool, and people who probe it: until a test spoils something.
 */
export const PUBLIC = '131.107.155.30';
export const EDGE = '10.45.16.10';
export const MATE = '131.107.155.40';
export const VISITOR = '131.107.200.80';
export const NAME = 'turn.corp.example';
export const SECRET = 'north-wind-and-sun';
/** A few: one relay port in a thousand would do, and every namespace shares this machine's processors. */
const RELAY_PORTS = '50000-50999';

const MAIN = new URL('../../../src/cli/main.ts', import.meta.url).pathname;
const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;

export interface Spoiled {
  readonly external?: string;
  readonly certificateName?: string;
  readonly clockAheadSeconds?: number;
}

export class Clinic {
  readonly net = new Network();
  readonly folder = mkdtempSync(join(tmpdir(), 'sallyport-clinic-'));
  #edge: Program | undefined;
  #mate: Program | undefined;

  static async build(): Promise<Clinic> {
    const clinic = new Clinic();
    try {
      await clinic.#wire();
      await clinic.restore();
      clinic.#mate = await clinic.#run('mate', 'mate.yaml', `external: { address: ${MATE} }\n${COMMON}`);
      return clinic;
    } catch (error) {
      await clinic.close();
      throw error;
    }
  }

  /** A healthy edge, but for what is spoiled about it. */
  async startEdge({ external = '', certificateName = NAME, clockAheadSeconds }: Spoiled = {}): Promise<void> {
    const pem = await certificateUntil(Date.now() + 90 * 86_400_000, certificateName);
    this.write('certificate.pem', pem.certificate);
    this.write('key.pem', pem.key);
    const preload = clockAheadSeconds === undefined ? [] : ['--import', clockAhead(clockAheadSeconds)];
    this.#edge = await this.#run('edge', 'edge.yaml', configuration(external), preload);
  }

  async stopEdge(): Promise<void> {
    await this.#edge?.stop();
    this.#edge = undefined;
  }

  /** The NAT as planned. */
  async restore(): Promise<void> {
    const plan = planOf(configFrom(configuration('')), { policy: 'source-and-destination' });
    await this.net.in('nat', 'nft', 'flush', 'ruleset');
    await this.net.load('nat', FORMATS.nftables.render(plan, { what: 'nat', at: 'perimeter' }));
  }

  /** Other rules in place of the NAT's. */
  async replaceNat(chains: string): Promise<void> {
    await this.net.in('nat', 'nft', 'flush', 'ruleset');
    await this.net.load('nat', `table ip spoiled_nat {\n${chains}\n}\n`);
  }

  /** A filter in front of the NAT. */
  async drop(what: string): Promise<void> {
    await this.net.load(
      'nat',
      `table ip spoiled_filter { chain forward { type filter hook forward priority 0; ${what} drop; }\n}\n`,
    );
  }

  doctor(...args: readonly string[]): Promise<Told> {
    return this.#ask(
      'edge',
      'doctor',
      '--config',
      this.path('edge.yaml'),
      '--ca',
      this.path('certificate.pem'),
      ...args,
    );
  }

  probe(from: 'visitor' | 'home' | 'edge', ...args: readonly string[]): Promise<Told> {
    return this.#ask(from, 'probe', '--ca', this.path('certificate.pem'), '--ports', '24', ...args);
  }

  /** The probe of somebody who knows the secret. */
  probeWithSecret(from: 'visitor' | 'home', ...args: readonly string[]): Promise<Told> {
    return this.probe(from, PUBLIC, '--name', NAME, '--secret', SECRET, ...args);
  }

  async token(): Promise<string> {
    const { output } = await this.start('edge', 'doctor', '--config', this.path('edge.yaml'), '--token').finish(60_000);
    const [token] = /spd1\.[\w.-]+/.exec(output) ?? [];
    if (token === undefined) throw new Error(`no token: ${output}`);
    return token;
  }

  /** A setting of a machine's kernel. */
  async tune(name: string, setting: string, value: string): Promise<void> {
    await this.net.in(name, 'sh', '-c', `echo ${value} > /proc/sys/net/${setting}`);
  }

  start(where: string, ...command: readonly string[]): Program {
    const [node, ...options] = NODE;
    return this.net.start(where, node, ...options, MAIN, ...command);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  async close(): Promise<void> {
    await this.stopEdge();
    await this.#mate?.stop();
    await this.net.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #ask(where: string, ...command: readonly string[]): Promise<Told> {
    return toldBy(await this.start(where, ...command, '--json').finish(120_000));
  }

  async #run(where: string, file: string, text: string, preload: readonly string[] = []): Promise<Program> {
    this.write(file, text);
    const [node, ...options] = NODE;
    const program = this.net.start(where, node, ...options, ...preload, MAIN, 'start', '--config', this.path(file));
    await program.until(() => program.output.includes('"started"'), 20_000);
    return program;
  }

  async #wire(): Promise<void> {
    const { net } = this;
    await net.add('internet', 'nat', 'edge', 'mate', 'visitor', 'home-nat', 'home');
    await net.cable('internet', '131.107.154.1/30', 'nat', '131.107.154.2/30');
    await net.cable('nat', '10.45.16.1/24', 'edge', `${EDGE}/24`);
    await net.cable('internet', '131.107.155.33/27', 'mate', `${MATE}/27`);
    await net.cable('internet', '131.107.200.1/24', 'visitor', `${VISITOR}/24`);
    await net.cable('internet', '131.107.201.1/24', 'home-nat', '131.107.201.10/24');
    await net.cable('home-nat', '192.168.1.1/24', 'home', '192.168.1.20/24');
    await net.forwards('internet', 'nat', 'home-nat');
    await net.in('nat', 'ip', 'address', 'add', `${PUBLIC}/32`, 'dev', 'lo'); // so that it answers for itself where it does not translate
    await net.route('internet', '131.107.155.30/31', '131.107.154.2');
    await net.route('internet', '10.45.16.0/24', '131.107.154.2'); // no provider would, so that what leaves untranslated can be seen
    await net.route('nat', 'default', '131.107.154.1');
    await net.route('edge', 'default', '10.45.16.1');
    await net.route('mate', 'default', '131.107.155.33');
    await net.route('visitor', 'default', '131.107.200.1');
    await net.route('home-nat', 'default', '131.107.201.1');
    await net.route('home', 'default', '192.168.1.1');
    for (const name of ['edge', 'mate']) {
      await this.tune(name, 'ipv4/ip_local_reserved_ports', RELAY_PORTS);
    }
    await net.load(
      'home-nat',
      'table ip nat { chain out { type nat hook postrouting priority srcnat; oifname "internet" masquerade; }\n}\n',
    );
  }
}

const COMMON = `realm: corp.example
relayPorts: ${RELAY_PORTS}
credentials: { secrets: [${SECRET}] }
workers: 1
limits: { allocations: 500, connections: 500 }
`;

function configuration(external: string): string {
  return `external: { ${external === '' ? `address: ${EDGE}, public: ${PUBLIC}` : external} }
${COMMON}admin: { address: 127.0.0.1, port: 8080, token: t0ken }
tls: { certificate: certificate.pem, key: key.pem }
`;
}

/** Loaded before the edge: its wall clock is ahead by so much, as a machine's would be. */
function clockAhead(seconds: number): string {
  const script = `const real = Date.now; Date.now = () => real() + ${seconds * 1000};`;
  return `data:text/javascript,${encodeURIComponent(script)}`;
}
