import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { ConfigInput } from '../../src/index.ts';
import { EdgeBench } from '../testkit/edge-bench.ts';
import { isMet } from '../testkit/requires.ts';
import { NATIVE, WorkersBench } from '../testkit/workers-bench.ts';

/** An edge that other software talks to: in this process, or `sallyport start` with several workers. The same to see from outside. */
export interface Rig {
  readonly udp: readonly number[];
  readonly tcp: readonly number[];
  /** The call page, with the token in the fragment. */
  readonly pageUrl: string;
  mint(user: string, dialect?: 'standard' | 'ms'): Promise<{ readonly username: string; readonly password: string }>;
  /** The value of one series of the metrics. */
  metric(series: string): Promise<number>;
  /** The log lines with this message. */
  logged(message: string): Readonly<Record<string, unknown>>[];
  close(): Promise<void>;
}

/** What a test wants different from the configuration of the README. */
export interface RigDifferences extends Pick<ConfigInput, 'limits' | 'relayPorts'> {
  readonly external?: Partial<ConfigInput['external']>;
}

/** What an edge is run as: all of it must be the same to see from outside. */
export interface RunAs {
  readonly engine: 'mmsg' | 'dgram';
  /** Processes. Several need the native layer, and so does the engine mmsg. */
  readonly workers: number;
}

const ALL: readonly RunAs[] = [
  { engine: 'mmsg', workers: 1 },
  { engine: 'mmsg', workers: 2 },
  { engine: 'dgram', workers: 1 },
];

/** `describe.each(EDGES)('on $engine with $workers workers', ...)`. `INTEROP_EDGES=dgram*1,mmsg*2` chooses among them. */
export const EDGES: readonly RunAs[] = ALL.filter(one => isChosen(one) && (one.engine === 'dgram' || isMet(NATIVE)));
/** Of a test that is content with one. */
export const ONE_EDGE = EDGES[0] ?? ALL.at(-1)!;

function isChosen({ engine, workers }: RunAs): boolean {
  const chosen = process.env.INTEROP_EDGES;
  return chosen === undefined || chosen.split(',').includes(`${engine}*${workers}`);
}

const TOKEN = 't0ken';

export function startRig({ engine, workers }: RunAs, { external, ...others }: RigDifferences = {}): Promise<Rig> {
  const config = {
    realm: 'example.test',
    external: { address: '127.0.0.1', udp: 0, tcp: [0, 0], peers: { allow: ['127.0.0.0/8'] }, ...external },
    credentials: { secrets: ['north-wind'], users: { alice: 'wonderland', bob: 'builder' } },
    admin: { address: '127.0.0.1', port: 0, token: TOKEN },
    engines: [engine],
    ...others,
  };
  return workers === 1 ? oneProcess(config) : severalProcesses(config, workers);
}

async function oneProcess(config: ConfigInput): Promise<Rig> {
  const bench = await EdgeBench.start(config);
  const { edge } = bench;
  return {
    udp: edge.ports.udp,
    tcp: edge.ports.tcp,
    pageUrl: edge.callPage ?? '',
    mint: async (user, dialect) => (dialect === 'ms' ? edge.mintRelayToken(user) : edge.mint(user)),
    metric: series => bench.metric(series),
    logged: message => bench.logged(message),
    close: () => bench.close(),
  };
}

async function severalProcesses(config: ConfigInput, workers: number): Promise<Rig> {
  const bench = await WorkersBench.start(config, workers);
  return {
    udp: bench.ports('udp'),
    tcp: bench.ports('tcp'),
    pageUrl: `${bench.adminUrl}#token=${TOKEN}`,
    mint: (user, dialect) => mintedBy(bench.adminUrl!, user, dialect),
    metric: series => bench.metric(series),
    logged: message => bench.logged(message),
    close: () => bench.close(),
  };
}

async function mintedBy(adminUrl: string, user: string, dialect: 'standard' | 'ms' = 'standard') {
  const response = await fetch(new URL('/v1/credentials', adminUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ user, dialect }),
  });
  return (await response.json()) as { username: string; password: string };
}

/** What a browser has to trust to take the certificate of this port, which is made at start. */
export async function tlsKeyOf(rig: Rig): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: rig.tcp.at(-1)!, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return keyOf(raw);
}

/** SHA-256 of the public key in a certificate, in the form browsers take for trusting exactly that key. */
export function keyOf(certificate: string | Buffer): string {
  const { publicKey } = new X509Certificate(certificate);
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}
