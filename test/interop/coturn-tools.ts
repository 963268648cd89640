import { readFileSync } from 'node:fs';
import { freePortPair } from '../testkit/free-ports.ts';
import { Program, run } from '../testkit/program.ts';

/** coturn's echo peer, on a port and the next one. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export async function startPeer(address: string): Promise<Peer> {
  const port = await freePortPair(address);
  const program = new Program('turnutils_peer', ['-L', address, '-p', `${port}`]);
  await program.until(() => isBound(port + 1));
  return { address, port, stop: () => program.stop() };
}

/** Asked of the kernel: trying to bind it would be in the way of whoever is about to. */
function isBound(port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return ['/proc/net/udp', '/proc/net/udp6'].some(table => readFileSync(table, 'utf8').includes(wanted));
}

/** What coturn's client counted. `sent` is 0 when it never got an allocation. */
export interface UclientResult {
  readonly status: number | null;
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly dropped: number;
  readonly output: string;
}

export interface UclientRun {
  readonly server: string;
  readonly port: number;
  readonly flags: readonly string[];
  /** Absent for client-to-client runs (`-y`). */
  readonly peer?: Peer;
  readonly messages?: number;
  readonly clients?: number;
  /** Its tests with broken messages do not end by themselves. */
  readonly timeoutMillis?: number;
}

/**
 * Without `-c` every client is a pair, RTP and RTCP: the second relay is had with EVEN-PORT and RESERVATION-TOKEN. 100 datagrams a second
 * and client are a moderate rate: what is lost then is lost by a mistake.
 */
export async function uclient(asked: UclientRun): Promise<UclientResult> {
  // Over TLS the tool draws a protocol version for each connection, TLS 1.0 among them, and gives up after some refusals. A run
  // that lost this draw never sent a datagram, and says nothing about the edge: it is repeated.
  for (let attempt = 1; ; attempt++) {
    const result = await uclientOnce(asked);
    const lostTheDraw = result.sent === 0 && result.output.includes('tls_connect: cannot connect');
    if (!lostTheDraw || attempt === 6) return result;
  }
}

async function uclientOnce({
  server,
  port,
  flags,
  peer,
  messages = 60,
  clients = 2,
  timeoutMillis = 45_000,
}: UclientRun): Promise<UclientResult> {
  const load = ['-n', `${messages}`, '-m', `${clients}`, '-z', '10', '-l', '172'];
  const echo = peer === undefined ? [] : ['-e', peer.address, '-r', `${peer.port}`];
  const { status, output } = await run(
    'turnutils_uclient',
    [...flags, ...load, ...echo, '-p', `${port}`, server],
    timeoutMillis,
  );
  const [sent, received] = lastMatch(output, /start_mclient: tot_send_msgs=(\d+), tot_recv_msgs=(\d+)/g);
  const [lost, dropped] = lastMatch(output, /Total lost packets (\d+) .*total send dropped (\d+)/g);
  return { status, sent: sent ?? 0, received: received ?? 0, lost: lost ?? -1, dropped: dropped ?? -1, output };
}

function lastMatch(text: string, pattern: RegExp): number[] {
  return [...text.matchAll(pattern)].at(-1)?.slice(1).map(Number) ?? [];
}
