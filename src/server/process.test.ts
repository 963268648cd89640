import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { CertificateFiles, certificateFor } from '../../test/testkit/certificates.ts';
import { EdgeClient } from '../../test/testkit/edge-client.ts';
import { type Need, requires } from '../../test/testkit/requires.ts';
import { closing, openTcp, until } from '../../test/testkit/stream-bytes.ts';

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
const PROC: Need = { name: '/proc', isMet: () => process.platform === 'linux' };

const PRIVILEGED_PORTS: Need = {
  name: 'a system on which users may not open port 443',
  isMet: () => {
    const first = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
    return existsSync(first) && Number(readFileSync(first, 'utf8')) > 443;
  },
};

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** `sallyport start --config` as an operator starts it, ended by its own process id. */
class Running {
  readonly child: ChildProcess;
  output = '';
  readonly #exit: Promise<unknown[]>;

  constructor(config: string, { descriptors, user }: { descriptors?: number; user?: number } = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-run-'));
    const file = join(folder, 'edge.yaml');
    writeFileSync(file, config);
    chmodSync(folder, 0o755);
    const command = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN, 'start', '--config', file];
    const limited = ['sh', '-c', `ulimit -n ${descriptors}; exec "$0" "$@"`, ...command];
    const [program, ...args] = descriptors === undefined ? command : limited;
    this.child = spawn(program!, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(user !== undefined && { uid: user, gid: user }),
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    this.#exit = once(this.child, 'close');
    undo.push(async () => {
      if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
      await this.#exit;
      rmSync(folder, { recursive: true });
    });
  }

  lines(message: string): Record<string, unknown>[] {
    return this.output
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line) as Record<string, unknown>)
      .filter(line => String(line.msg).includes(message));
  }

  async started(): Promise<{ udp: number; tcp: number }> {
    await until(
      () => this.lines('started').length > 0 || this.child.exitCode !== null,
      15_000,
      () => this.output,
    );
    const { udp, tcp } = this.lines('started')[0] as { udp: string[]; tcp: string[] };
    return { udp: portOf(udp[0]!), tcp: portOf(tcp[0]!) };
  }

  async exit(): Promise<unknown> {
    const [code] = await this.#exit;
    return code;
  }
}

function portOf(address: string): number {
  return Number(address.split(':').at(-1));
}

const TEN_LINES = `realm: example.test
workers: 1
external:
  address: 127.0.0.1
  udp: 0
  tcp: 0
  peers: { allow: [127.0.0.0/8] }
credentials:
  secrets: [north-wind]
  users:
    alice: wonderland
`;

describe('sallyport start', () => {
  test('ends with SIGTERM: allocations too, exit code 0, and a line that sums up', async () => {
    const running = new Running(TEN_LINES);
    const { udp } = await running.started();
    const client = await EdgeClient.udp(udp);
    undo.push(() => client.close());
    await client.allocate();
    running.child.kill('SIGTERM');
    expect(await running.exit()).toBe(0);
    expect(running.lines('allocation ended')).toMatchObject([{ user: 'alice', reason: 'stopped' }]);
    expect(running.lines('stopped').at(-1)).toMatchObject({ level: 'info', allocations: 1, cutOff: 1 });
  });

  test('survives SIGHUP, which reads the certificate files again', async () => {
    const files = new CertificateFiles(await certificateFor('old.example'));
    undo.push(() => files.remove());
    const running = new Running(`${TEN_LINES}tls: { certificate: ${files.certificate}, key: ${files.key} }\n`);
    const { udp } = await running.started();
    const client = await EdgeClient.udp(udp);
    undo.push(() => client.close());
    await client.allocate();
    files.replace(await certificateFor('new.example'));
    running.child.kill('SIGHUP');
    await until(() => running.lines('certificate renewed').length > 0, 3_000);
    running.child.kill('SIGHUP');
    await until(() => running.lines('SIGHUP').length === 2, 3_000);
    expect((await client.refresh(600)).isSuccess).toBe(true);
    running.child.kill('SIGINT');
    expect(await running.exit()).toBe(0);
  });

  test('says that a port is forbidden, and what to do', async context => {
    requires(context, PRIVILEGED_PORTS);
    const nobody = process.getuid?.() === 0 ? { user: 65_534 } : {};
    const running = new Running(TEN_LINES.replace('tcp: 0', 'tcp: 443'), nobody);
    expect(await running.exit()).toBe(1);
    expect(running.output).toContain('TCP listener: not allowed to open 127.0.0.1 port 443');
    expect(running.output).toContain('SALLYPORT_PORT_FORBIDDEN');
    expect(running.output).toContain('CAP_NET_BIND_SERVICE');
    expect(running.output).not.toMatch(/\bat \S+ \(/); // no stack
  });

  test('opens the configured sockets and no other, no admin among them', async context => {
    requires(context, PROC);
    const running = new Running(TEN_LINES);
    const { udp, tcp } = await running.started();
    expect(socketsOf(running.child.pid!)).toEqual([`tcp 127.0.0.1:${tcp}`, `udp 127.0.0.1:${udp}`]);
  });

  test('survives that there are no file descriptors left, and accepts again when there are', async context => {
    requires(context, PROC);
    const running = new Running(`${TEN_LINES}limits: { allocations: 4, handshakesPerPrefix: 1000 }\n`, {
      descriptors: 300,
    });
    const { tcp } = await running.started();
    const sockets = await Promise.all(Array.from({ length: 320 }, () => openTcp(tcp)));
    await new Promise(resolve => setTimeout(resolve, 200));
    expect(running.child.exitCode).toBeNull();
    for (const socket of sockets) socket.destroy();
    await Promise.all(sockets.map(socket => closing(socket)));
    await until(() => isAnswered(tcp), 10_000);
    expect(running.child.exitCode).toBeNull();
  });
});

async function isAnswered(port: number): Promise<boolean> {
  const client = await EdgeClient.tcp(port);
  const answer = await Promise.race([client.binding().catch(() => undefined), closing(client.socket, 1_000)]).catch(
    () => undefined,
  );
  client.close();
  return typeof answer === 'object' && answer.isSuccess;
}

/** Listening TCP and bound UDP sockets of a process, as the kernel lists them. */
function socketsOf(pid: number): string[] {
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  const found = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap(table =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map(line => line.trim().split(/\s+/))
      .filter(fields => inodes.has(fields[9] ?? '') && (fields[3] === '0A' || fields[3] === '07'))
      .map(fields => `${table} ${readable(fields[1]!)}`),
  );
  return found.sort();
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** `0100007F:1F90` as `127.0.0.1:8080`; IPv6 stays as it is. */
function readable(hex: string): string {
  const [ip, port] = hex.split(':') as [string, string];
  const bytes = ip.length === 8 ? [...Buffer.from(ip, 'hex').reverse()].join('.') : ip;
  return `${bytes}:${Number.parseInt(port, 16)}`;
}
