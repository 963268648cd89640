/**
 * What registrations cost the Access Edge: `npm run bench:sip [-- --users N] [-- --write]`. A registration is REGISTER, 401, REGISTER, 200
 * over TLS. The edge runs on CPU 0, its clients on CPU 1. `--write` puts the tables into docs/performance.md. Linux.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hashesOf } from '../../src/credentials/sip/index.ts';
import { usageOf } from '../../src/load/server-cost.ts';
import { freeTcpPort } from '../../test/testkit/free-ports.ts';
import { writeToPage } from '../page.ts';
import { choosePins, pinned } from '../relay/pins.ts';
import { type Ask, nameOf, REALM, type Registered } from './load.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
/** Each carries so many users that nobody is still known when his turn comes again. */
const SHARED = 100;
const WARM_UP = 2_000;
const RATES = [500, 1_000, 1_500];
const SECONDS = 6;

const { values } = parseArgs({
  options: { users: { type: 'string', default: '10000' }, write: { type: 'boolean', default: false } },
});
const users = Number(values.users);
const pins = choosePins();
const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-sip-'));
const children: ChildProcess[] = [];
try {
  writeUsers();
  const load = loadavg()[0]!;
  const rates = await overSharedConnections();
  const own = await overOwnConnections();
  const text = [
    ...rates,
    '',
    ...own,
    ...(load > 0.7
      ? ['', `The machine was busy with something else (load ${load.toFixed(1)}): no figure here is to be trusted.`]
      : []),
  ].join('\n');
  process.stdout.write(`${text}\n`);
  if (values.write) writeToPage('bench:sip', text);
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true });
}

async function overSharedConnections(): Promise<string[]> {
  const { edge, load, port } = await startBoth();
  await load({ do: 'open', port, connections: SHARED, users });
  await load({ do: 'register-all', count: WARM_UP, atOnce: 50 });
  const rows: string[] = [];
  let first = 0;
  for (const perSecond of RATES) {
    const count = perSecond * SECONDS;
    const { said, micros } = await costOf(edge, () => load({ do: 'register', first, count, perSecond }));
    first = (first + count) % users;
    rows.push(row(`${perSecond} a second`, said, micros));
  }
  const all = await costOf(edge, () => load({ do: 'register-all', count: users, atOnce: 50 }));
  rows.push(row('as fast as they are answered', all.said, all.micros));
  await stopBoth();
  return [
    `| registrations over ${SHARED} TLS connections | a second | CPU µs each | delay p50 | p99 |`,
    '|---|---|---|---|---|',
    ...rows,
  ];
}

/** Every user at once, each with a TLS connection as phones have: what they cost to sign in and to keep. */
async function overOwnConnections(): Promise<string[]> {
  const { edge, load, port } = await startBoth();
  const before = usageOf(edge.pid!)!;
  const { said, micros } = await costOf(edge, () => load({ do: 'sign-in-all', port, count: users, atOnce: 20 }));
  const after = usageOf(edge.pid!)!;
  await stopBoth();
  if (said.failed > 0) throw new Error(`${said.failed} were not registered`);
  return [
    `| ${users} users, each with a TLS connection of his own | |`,
    '|---|---|',
    `| signed in, with the handshake | ${(users / said.seconds).toFixed(0)} a second |`,
    `| CPU µs for each to connect and register | ${micros.toFixed(0)} |`,
    `| memory for each, connection and registration | ${((after.rssBytes - before.rssBytes) / 1024 / users).toFixed(1)} KiB |`,
    `| resident memory of the edge with all of them | ${(after.rssBytes / 2 ** 20).toFixed(0)} MiB |`,
  ];
}

function row(title: string, { seconds, delays, failed }: Registered, micros: number): string {
  if (failed > 0) throw new Error(`${failed} registrations failed`);
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number) => `${sorted[Math.floor((sorted.length - 1) * share)]!.toFixed(1)} ms`;
  process.stderr.write(`${title}: ${micros.toFixed(0)} µs\n`);
  return `| ${title} | ${(delays.length / seconds).toFixed(0)} | **${micros.toFixed(0)}** | ${at(0.5)} | ${at(0.99)} |`;
}

async function costOf(edge: ChildProcess, work: () => Promise<unknown>) {
  const before = usageOf(edge.pid!)!.cpuNanos;
  const said = (await work()) as Registered;
  const nanos = usageOf(edge.pid!)!.cpuNanos - before;
  return { said, nanos, micros: nanos / 1000 / (said.delays?.length ?? 1) };
}

async function startBoth() {
  const port = await freeTcpPort();
  const edge = await startEdge(port);
  const client = fork(join(import.meta.dirname, 'load.ts'), {
    execPath: 'taskset',
    execArgv: pins.generator === undefined ? [process.execPath] : ['-c', `${pins.generator}`, process.execPath],
  });
  children.push(client);
  const load = async (ask: Ask): Promise<unknown> => {
    client.send(ask);
    const [said] = (await once(client, 'message')) as [unknown];
    return said;
  };
  return { edge, load, port };
}

async function startEdge(port: number): Promise<ChildProcess> {
  const config = {
    realm: REALM,
    external: { address: '127.0.0.1', udp: 0, tcp: [] },
    credentials: { secrets: ['bench'] },
    access: { users: join(folder, 'users.yaml'), tls: port, wss: [] },
    limits: { connections: 2 * users, connectionsPerPrefix: 2 * users, handshakesPerPrefix: 1_000 },
    log: { level: 'warn' },
    workers: 1,
  };
  const file = join(folder, 'edge.json');
  writeFileSync(file, JSON.stringify(config));
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN, 'start', '--config', file];
  const [program, ...args] = pinned(command, pins.server);
  const edge = spawn(program!, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(edge);
  for (let i = 0; i < 600 && !(await accepts(port)); i++) await new Promise(resolve => setTimeout(resolve, 50));
  return edge;
}

async function accepts(port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  const socket = connect(port, '127.0.0.1');
  const isOpen = await new Promise<boolean>(resolve => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return isOpen;
}

async function stopBoth(): Promise<void> {
  for (const child of children.splice(0)) {
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  }
}

/** Every user's password is `NAME-password`. */
function writeUsers(): void {
  const entries = Array.from({ length: users }, (_, i) => nameOf(i)).map(name => [
    name,
    { hashes: hashesOf(name, REALM, `${name}-password`) },
  ]);
  const text = JSON.stringify({ domain: REALM, users: Object.fromEntries(entries) });
  writeFileSync(join(folder, 'users.yaml'), text, { mode: 0o600 });
}
