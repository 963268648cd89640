import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { OperatorError } from '../control/index.ts';
import { restName, restPassword } from '../credentials/index.ts';
import { type Direction, type LoadOptions, type LoadPlan, STAMP_LENGTH, videoTrain } from '../load/index.ts';
import { familyOf, formatIp, parseIp, type TransportAddress, withPort } from '../wire/index.ts';

/** As the command line has them. */
export interface LoadFlags {
  readonly user?: string;
  readonly password?: string;
  readonly secret?: string;
  readonly clients: string;
  readonly inFlight?: string;
  readonly rate?: string;
  readonly audio?: boolean;
  readonly video?: string;
  readonly size?: string;
  readonly direction: string;
  readonly indications?: boolean;
  readonly gso?: boolean;
  readonly churn?: boolean;
  readonly idle?: boolean;
  readonly seconds: string;
  readonly warmup: string;
  readonly count?: string;
  readonly pid?: string;
  readonly from?: string;
  readonly peerAddress?: string;
  readonly peers: string;
  readonly peer?: string;
  readonly spin?: boolean;
  readonly perClient?: boolean;
  readonly allocate: boolean;
  readonly setupInFlight: string;
}

const LARGEST_PAYLOAD = 1_472;
const AUDIO = { size: 172, perSecond: 50 };
const VIDEO = { size: 1_200, framesPerSecond: 30 };
const CREDENTIAL_SECONDS = 3_600;

/** A server as `turn:host:port?transport=tcp`, `turns:host`, or `host:port`. */
export interface ServerName {
  readonly host: string;
  readonly port: number;
  readonly transport: LoadOptions['transport'];
}

export function parseServer(text: string): ServerName {
  const parts =
    /^(?:(turns?):)?(?:\[([0-9a-f:.]+)\]|([^:?[\]]+))(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i.exec(text) ??
    usage(
      `"${text}" is no server`,
      'write it as turn:192.0.2.10, turn:host:3478?transport=tcp, turns:host:443 or 192.0.2.10:3478',
    );
  const [, scheme = 'turn', v6, name, port, over] = parts;
  const isTls = scheme.toLowerCase() === 'turns';
  if (isTls && over?.toLowerCase() === 'udp') {
    usage('TURN over DTLS is not spoken here', 'leave out ?transport=udp: turns: is TLS over TCP');
  }
  return {
    host: v6 ?? name!,
    port: port === undefined ? (isTls ? 5349 : 3478) : whole(port, 'the port', 1, 65_535),
    transport: isTls ? 'tls' : over?.toLowerCase() === 'tcp' ? 'tcp' : 'udp',
  };
}

export async function loadOptions(serverText: string, flags: LoadFlags, nowSeconds: number): Promise<LoadOptions> {
  const plan = planFrom(flags);
  const { host, port, transport } = parseServer(serverText);
  const server = withPort(await resolve(host), port);
  const from = flags.from === undefined ? await localAddress(server) : withPort(ip(flags.from, '--from'), 0);
  const externalPeer = flags.peer === undefined ? undefined : address(flags.peer, '--peer');
  if (externalPeer !== undefined && plan.kind === 'traffic' && plan.direction !== 'echo') {
    usage(
      `--peer with --direction ${plan.direction}`,
      'a peer elsewhere can only echo; leave out --peer to use our own',
    );
  }
  return {
    server,
    transport,
    serverName: parseIp(host) === undefined ? host : undefined,
    credential: credentialFrom(flags, nowSeconds),
    clients: whole(flags.clients, '--clients', 1, 100_000),
    plan,
    usesIndications: flags.indications === true,
    usesRuns: flags.gso === true,
    from,
    peerAddress: flags.peerAddress === undefined ? withPort(from, 0) : address(flags.peerAddress, '--peer-address', 0),
    peers: whole(flags.peers, '--peers', 1, 1_000),
    externalPeer,
    allocates: flags.allocate,
    seconds: number(flags.seconds, '--seconds', 0.1, 86_400 * 7),
    warmupSeconds: number(flags.warmup, '--warmup', 0, 3_600),
    count: flags.count === undefined ? undefined : whole(flags.count, '--count', 1, Number.MAX_SAFE_INTEGER),
    pid: flags.pid === undefined ? undefined : whole(flags.pid, '--pid', 1, 2 ** 31),
    listsClients: flags.perClient === true,
    spins: flags.spin === true,
    setupInFlight: whole(flags.setupInFlight, '--setup-in-flight', 1, 10_000),
  };
}

/** What each client does. At most one of the ways to say it may be used. */
export function planFrom(flags: LoadFlags): LoadPlan {
  const ways = [
    ['--in-flight', flags.inFlight],
    ['--rate', flags.rate],
    ['--audio', flags.audio],
    ['--video', flags.video],
    ['--churn', flags.churn],
    ['--idle', flags.idle],
  ].filter(([, value]) => value !== undefined && value !== false);
  if (ways.length > 1) {
    usage(`${ways.map(([name]) => name).join(' and ')} do not go together`, 'choose one of them');
  }
  if (flags.churn) return { kind: 'churn' };
  if (flags.idle) return { kind: 'idle' };
  const direction = directionFrom(flags.direction);
  const size = whole(flags.size ?? `${flags.video === undefined ? AUDIO.size : VIDEO.size}`, '--size', STAMP_LENGTH, LARGEST_PAYLOAD); // biome-ignore format: one line
  if (flags.video !== undefined) {
    const megabits = number(flags.video, '--video', 0.01, 10_000);
    const sizes = videoTrain(megabits, VIDEO.framesPerSecond, size);
    return { kind: 'traffic', direction, sizes, pace: { perSecond: VIDEO.framesPerSecond } };
  }
  const sizes = [size];
  if (flags.audio) return { kind: 'traffic', direction, sizes, pace: { perSecond: AUDIO.perSecond } };
  if (flags.rate !== undefined) {
    return { kind: 'traffic', direction, sizes, pace: { perSecond: number(flags.rate, '--rate', 0.01, 1e6) } };
  }
  return {
    kind: 'traffic',
    direction,
    sizes,
    pace: { inFlight: whole(flags.inFlight ?? '1', '--in-flight', 1, 4096) },
  };
}

function directionFrom(text: string): Direction {
  if (text === 'up' || text === 'down' || text === 'echo') return text;
  return usage(`--direction: "${text}" is none`, 'write up, down or echo');
}

function credentialFrom(flags: LoadFlags, nowSeconds: number): LoadOptions['credential'] {
  if (!flags.allocate) return { username: '', password: '' };
  const user = flags.user ?? 'load';
  if (flags.secret !== undefined) {
    const username = restName(nowSeconds + CREDENTIAL_SECONDS, user);
    return { username, password: restPassword(flags.secret, username) };
  }
  if (flags.user !== undefined && flags.password !== undefined) return { username: user, password: flags.password };
  return usage('the server wants to know who loads it', 'add --user NAME --password PASSWORD, or --secret SECRET');
}

async function resolve(host: string): Promise<ReturnType<typeof ip>> {
  const known = parseIp(host);
  if (known !== undefined) return known;
  try {
    return ip((await lookup(host)).address, host);
  } catch {
    return usage(`${host} is not known to DNS here`, 'name the server by its address');
  }
}

/** The address that this machine talks to the server from. */
async function localAddress(server: TransportAddress): Promise<TransportAddress> {
  const socket = createSocket(familyOf(server) === 4 ? 'udp4' : 'udp6');
  try {
    await new Promise<void>((connected, failed) => {
      socket.once('error', failed);
      socket.connect(server.port, formatIp(server), connected);
    });
    return withPort(ip(socket.address().address, '--from'), 0);
  } catch {
    return usage(`there is no way to ${formatIp(server)} from here`, 'check the address, or name ours with --from');
  } finally {
    socket.close();
  }
}

/** `192.0.2.1:4000` or `[2001:db8::1]:4000`; with a `port` to fall back on, the address alone. */
export function address(text: string, flag: string, port?: number): TransportAddress {
  const parts = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  if (parts !== null) return withPort(ip(parts[1] ?? parts[2]!, flag), whole(parts[3]!, flag, 0, 65_535));
  if (port !== undefined) return withPort(ip(text.replace(/^\[(.*)\]$/, '$1'), flag), port);
  return usage(`${flag}: "${text}" is no address with a port`, 'write it as 192.0.2.1:4000 or [2001:db8::1]:4000');
}

function ip(text: string, flag: string) {
  return parseIp(text) ?? usage(`${flag}: "${text}" is no IP address`, 'write it as 192.0.2.1 or 2001:db8::1');
}

export function whole(text: string, flag: string, least: number, most: number): number {
  const value = number(text, flag, least, most);
  return Number.isInteger(value) ? value : usage(`${flag}: ${text} is not a whole number`, 'leave out the fraction');
}

function number(text: string, flag: string, least: number, most: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= least && value <= most) return value;
  return usage(`${flag}: "${text}" is not between ${least} and ${most}`, `give ${flag} a number in that range`);
}

function usage(message: string, remedy: string): never {
  throw new OperatorError('SALLYPORT_USAGE', message, remedy);
}
