import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLASSES, METHODS, MessageWriter } from '../../src/wire/index.ts';
import { type Pins, pinned } from './pins.ts';

/** What is compared. `mmsg` and `dgram` are engines of ours. */
export type ServerName = 'coturn' | 'mmsg' | 'dgram' | 'forwarder';

export const SERVER_IP = '127.0.0.1';
export const CLIENT_IP = '127.0.0.2';
export const PEER_IP = '127.0.0.3';
/** Peers have a fixed port because the forwarder is told it at its start. */
export const PEER_PORT = 18_000;
export const USER = 'alice';
export const PASSWORD = 'wonderland';
const REALM = 'example.test';
const RELAY_PORTS = { first: 30_000, last: 59_999 };
const READY_MILLIS = 10_000;
const FORWARDER_MILLIS = 700;
const ROOT = join(import.meta.dirname, '../..');
const COTURN = '/usr/bin/turnserver';

export interface Server {
  readonly name: ServerName;
  readonly pid: number;
  readonly udp: number;
  readonly tcp: number;
  readonly tls: number;
  /** What it has said so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Why a server can't be had on this machine; undefined when it can. */
export function missing(name: ServerName): string | undefined {
  return name === 'coturn' && !existsSync(COTURN) ? `${COTURN} is not installed` : undefined;
}

export function coturnVersion(): string {
  try {
    return execFileSync(COTURN, ['--version'], { encoding: 'utf8' }).trim().split('\n').at(-1) ?? '';
  } catch {
    return 'not installed';
  }
}

/** One server in a process of its own, ready to answer. `flags` are node's. */
export async function startServer(
  name: ServerName,
  ports: Ports,
  pins: Pick<Pins, 'server'>,
  workers = 1,
  flags: readonly string[] = [],
): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const [node = '', ...rest] = COMMANDS[name](folder, ports, workers);
  const command = [node, ...flags, ...rest];
  const [program = '', ...args] = pinned(command, pins.server);
  const log = join(folder, 'log');
  const out = openSync(log, 'w');
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', out, out] });
  const server = {
    name,
    pid: child.pid!,
    udp: ports.udp,
    tcp: name === 'coturn' ? ports.udp : ports.tls,
    tls: ports.tls,
    output: () => readFileSync(log, 'utf8'),
    stop: async () => {
      await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await ready(server, child);
    return server;
  } catch (error) {
    const said = server.output().trim().split('\n').slice(-5).join('\n');
    await server.stop();
    throw new Error(`${name} does not start: ${(error as Error).message}\n${said}`);
  }
}

interface Ports {
  readonly udp: number;
  readonly tls: number;
}

const COMMANDS: Record<ServerName, (folder: string, ports: Ports, workers: number) => string[]> = {
  coturn: coturnCommand,
  mmsg: (folder, ports, workers) => sallyportCommand(folder, ports, 'mmsg', workers),
  dgram: (folder, ports) => sallyportCommand(folder, ports, 'dgram', 1),
  forwarder: (_, { udp }) => {
    const script = join(ROOT, 'bench/relay/forwarder.ts');
    return [process.execPath, script, SERVER_IP, `${udp}`, PEER_IP, `${PEER_PORT}`];
  },
};

/** Nothing of it is slowed down: no log to speak of, no limits. One relay thread, since it has one core. */
function coturnCommand(folder: string, { udp, tls }: { udp: number; tls: number }): string[] {
  const key = join(folder, 'key.pem');
  const certificate = join(folder, 'certificate.pem');
  makeCertificate(key, certificate);
  const shape = ['-n', '--no-cli', '--no-dtls', '-m', '1', '--allow-loopback-peers'];
  const listen = ['-L', SERVER_IP, '-p', `${udp}`, `--tls-listening-port=${tls}`];
  const secure = [`--cert=${certificate}`, `--pkey=${key}`];
  const relays = [`--min-port=${RELAY_PORTS.first}`, `--max-port=${RELAY_PORTS.last}`];
  const access = ['--lt-cred-mech', `--user=${USER}:${PASSWORD}`, `--realm=${REALM}`];
  const files = [`--userdb=${join(folder, 'turndb')}`, `--pidfile=${join(folder, 'pid')}`, `--log-file=${join(folder, 'turn.log')}`]; // biome-ignore format: one line
  return [COTURN, ...shape, ...listen, ...secure, ...relays, ...access, ...files];
}

function sallyportCommand(folder: string, { udp, tls }: Ports, engine: string, workers: number): string[] {
  const key = join(folder, 'key.pem');
  const certificate = join(folder, 'certificate.pem');
  makeCertificate(key, certificate);
  const many = 12_000;
  const config = {
    realm: REALM,
    external: { address: SERVER_IP, udp, tcp: tls, peers: { allow: ['127.0.0.0/8'] } },
    relayPorts: `${RELAY_PORTS.first}-${RELAY_PORTS.last}`,
    credentials: { users: { [USER]: PASSWORD } },
    tls: { certificate, key },
    limits: {
      allocations: many,
      allocationsPerUser: many,
      allocationsPerPrefix: many,
      connections: 2_000,
      connectionsPerPrefix: 2_000,
      handshakesPerPrefix: 2_000,
      answersPerSecond: 1_000_000,
      answersBurst: 1_000_000,
    },
    engines: [engine],
    workers,
    log: { level: 'warn' },
  };
  const file = join(folder, 'edge.yaml');
  writeFileSync(file, JSON.stringify(config)); // JSON is YAML
  return [process.execPath, join(ROOT, 'src/cli/main.ts'), 'start', '--config', file];
}

/** The same kind for both: an RSA key of 2048 bits. */
function makeCertificate(key: string, certificate: string): void {
  const asked = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=turn.example.test', '-days', '30'];
  execFileSync('openssl', [...asked, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
}

/** Until a Binding is answered. The forwarder answers nothing, and is quick. */
async function ready(server: Pick<Server, 'name' | 'udp'>, child: ChildProcess): Promise<void> {
  const until = performance.now() + READY_MILLIS;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (server.name === 'forwarder') await sleep(FORWARDER_MILLIS);
    if (server.name === 'forwarder' || (await answersBinding(server.udp))) return;
  }
  throw new Error('it does not answer');
}

function answersBinding(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const request = new MessageWriter(
    new Uint8Array(20),
    0,
    METHODS.Binding,
    CLASSES.request,
    new Uint8Array(12).fill(9),
  );
  return new Promise(resolve => {
    const timer = setTimeout(() => done(false), 100);
    const done = (answer: boolean) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    socket.once('message', () => done(true));
    socket.once('error', () => done(false));
    socket.send(request.message, port, SERVER_IP);
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(late);
}
