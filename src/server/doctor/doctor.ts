import { randomBytes } from 'node:crypto';
import { type Config, OperatorError, resolveSecret } from '../../control/index.ts';
import {
  type Elsewhere,
  type Expected,
  expectedOf,
  type Facts,
  type PeerPolicyFacts,
  sealToken,
  type TargetFacts,
} from '../../topology/doctor/index.ts';
import {
  familyOf,
  formatAddress,
  formatIp,
  type IpAddress,
  parseIp,
  sameIp,
  type TransportAddress,
  withPort,
} from '../../wire/index.ts';
import { clock } from '../clock.ts';
import { credentialsFrom, peerFilterFrom } from '../from-config.ts';
import { secretReaders } from '../system.ts';
import type { ClientCredential } from '../turn-client.ts';
import { lookAtMachine, type Tried } from './machine.ts';
import { ReportReceiver } from './report-receiver.ts';
import { askTime } from './sntp.ts';
import { askDirectly } from './try-elsewhere.ts';
import { inTurn } from './try-relay.ts';
import { tryTarget } from './try-target.ts';
import type { Door, Visitor } from './visitor.ts';

export interface DoctorOptions {
  readonly config: Config;
  /** The name that clients use. */
  readonly name?: string | undefined;
  /** Which side the probe will be on. */
  readonly side: 'external' | 'internal';
  /** Relay ports to try. */
  readonly ports: number;
  readonly authorities: readonly string[];
  readonly mates: readonly TransportAddress[];
  readonly stunServers: readonly TransportAddress[];
  readonly timeServer?: string | undefined;
  readonly onProgress: (what: string) => void;
}

const USER = 'doctor';
/** Of the doctor's own credentials: a doctor's visit is short, but it may wait for a probe. */
const LIFETIME_SECONDS = 3 * 3600;

/** What the edge of this configuration looks like from its own machine. */
export async function examine(options: DoctorOptions): Promise<Facts> {
  const { config, onProgress } = options;
  const targets = await inTurn(sidesOf(config), ({ side, address, udp, tcp }) =>
    tryTarget(
      { address, udp, tcp, relayPorts: config.relayPorts },
      {
        visitor: {
          ...visitorOf(options, side),
          from: address,
        },
        ports: options.ports,
        hasPeers: false,
        idleSeconds: undefined,
        mates: [],
        rules: [],
        onProgress,
        peers: peersToTry(config),
      },
    ),
  );
  onProgress('this machine');
  const machine = await lookAtMachine(config, triedOf(targets));
  return {
    by: 'doctor',
    at: clock.wall(),
    expected: expectationOf(options),
    targets: await inTurn(machine.running ? targets : [], target => withElsewhere(options, target)),
    clocks: options.timeServer === undefined ? [] : [await askTime(options.timeServer, 'edge')],
    machine,
  };
}

export function expectationOf({ config, side, name }: Pick<DoctorOptions, 'config' | 'side' | 'name'>): Expected {
  return expectedOf(config, 'configuration', { side, name });
}

/** A token for a probe and, for who wants to wait, the doctor's ear for it when the edge runs. */
export async function inviteProbe(
  options: DoctorOptions,
  { lifetimeSeconds, isWaiting }: { readonly lifetimeSeconds: number; readonly isWaiting: boolean },
): Promise<{ readonly text: string; readonly receiver: ReportReceiver | undefined }> {
  const { config, side } = options;
  const secret = secretOf(config);
  if (secret === undefined) {
    throw new OperatorError(
      'SALLYPORT_NO_SECRET',
      'a token for a probe is made with a shared secret',
      'add one to credentials.secrets, or run the probe with --user and --password',
    );
  }
  const { told, own, udp, tcp, name, relayPorts, relayIn, relayOut, isTwoSided, partners } = expectationOf(options);
  const visitor = visitorOf(options, 'external');
  const receiver = isWaiting ? await listenForProbe(options, visitor) : undefined;
  const now = clock.wall();
  const minted = credentialsFrom(config).mint('probe', lifetimeSeconds, now);
  const token = credentialsFrom(config).mintToken('probe', side, lifetimeSeconds, now, randomBytes);
  if (typeof minted === 'string' || typeof token === 'string') throw new RangeError('nothing was minted');
  const sealed = sealToken(
    {
      issued: now,
      expires: minted.expiresAt,
      side,
      relayPorts,
      relayIn,
      relayOut,
      isTwoSided,
      partners: [...partners],
      told: [...told],
      own: [...own],
      udp: [...udp],
      tcp: [...tcp],
      ...(name === undefined ? {} : { name }),
      standard: {
        username: minted.username,
        password: minted.password,
      },
      microsoft: {
        username: token.username,
        password: token.password,
      },
      ...(receiver === undefined ? {} : { reportTo: formatAddress(receiver.address) }),
    },
    secret,
  );
  if (receiver !== undefined) receiver.key = sealed.key;
  return { text: sealed.text, receiver };
}

async function listenForProbe({ config }: DoctorOptions, visitor: Visitor): Promise<ReportReceiver | undefined> {
  const { external } = config;
  for (const { address, udp, tcp } of sidesOf(config)) {
    const doors: Door[] = [
      ...udp.map(port => ({ transport: 'udp' as const, to: withPort(address, port) })),
      ...tcp.map(port => ({ transport: 'tcp' as const, to: withPort(address, port) })),
    ];
    for (const door of doors) {
      const opened = await ReportReceiver.open({ ...visitor, from: address }, door, external.public, familyOf(address));
      if (opened !== undefined) return opened;
    }
  }
  return undefined;
}

interface Side {
  readonly side: 'external' | 'internal';
  readonly address: IpAddress;
  readonly udp: readonly number[];
  readonly tcp: readonly number[];
}

/** Every address clients reach, the external ones first. */
function sidesOf(config: Config): Side[] {
  return (['external', 'internal'] as const).flatMap(side =>
    (config[side]?.addresses ?? []).map(address => ({
      side,
      address,
      udp: config[side]!.udp.filter(Boolean),
      tcp: config[side]!.tcp.filter(Boolean),
    })),
  );
}

function triedOf(targets: readonly TargetFacts[]): Tried[] {
  return targets.flatMap(({ address, reaches }) =>
    reaches.flatMap(reach =>
      reach.transport === 'tls'
        ? []
        : [{ transport: reach.transport, address: parseIp(address)!, port: reach.port, reach }],
    ),
  );
}

/** Time-limited ones when there is a secret, else a static user's. */
function visitorOf({ config, name, authorities }: DoctorOptions, side: Side['side']): Visitor {
  const credentials = credentialsFrom(config);
  const now = clock.wall();
  const minted = credentials.mint(USER, LIFETIME_SECONDS, now);
  const token = credentials.mintToken(USER, side, LIFETIME_SECONDS, now, randomBytes);
  return {
    standard: typeof minted === 'string' ? staticUser(config) : minted,
    microsoft: typeof token === 'string' ? undefined : token,
    name,
    authorities,
  };
}

function staticUser({ credentials }: Config): ClientCredential | undefined {
  const [user] = credentials.users;
  return (
    user && {
      username: user.name,
      password: resolveSecret(user.password, `credentials.users.${user.name}`, secretReaders),
    }
  );
}

function secretOf({ credentials }: Config): string | undefined {
  const [source] = credentials.secrets;
  return source && resolveSecret(source, 'credentials.secrets[0]', secretReaders);
}

/** Peers on both sides of every rule, and what the configuration makes of them. */
function peersToTry(config: Config): Omit<PeerPolicyFacts, 'answered'>[] {
  const filter = peerFilterFrom(config, []);
  const { allow, deny } = config.external.peers;
  const named = [...allow, ...deny, ...(config.internal?.networks ?? [])].map(({ address }) => address);
  const fixed = ['10.0.0.1', '127.0.0.1', '169.254.169.254', '1.1.1.1', '::1', 'fd00:ec2::254', '2606:4700:4700::1111'];
  const all = [...fixed.map(text => parseIp(text)!), ...named];
  return all
    .filter((ip, i) => all.findIndex(other => sameIp(other, ip)) === i)
    .map(ip => {
      const verdict = filter.verdict(ip);
      return {
        peer: formatIp(ip),
        expected: verdict === 'allowed' ? 'allowed' : 'denied',
        because: verdict === 'allowed' ? undefined : verdict.deniedBy,
      };
    });
}

async function withElsewhere({ config, mates, stunServers }: DoctorOptions, target: TargetFacts): Promise<TargetFacts> {
  const { external } = config;
  const i = external.addresses.findIndex(address => formatIp(address) === target.address);
  if (i < 0) return target;
  const [own, told] = [external.addresses[i]!, external.public[i] ?? external.addresses[i]!];
  const ask = (what: Elsewhere['what'], server: TransportAddress) => askDirectly(what, server, { from: own });
  const ours = sameIp(own, told)
    ? []
    : external.udp
        .filter(Boolean)
        .slice(0, 1)
        .map(port => withPort(told, port));
  const sameFamily = (server: TransportAddress) => familyOf(server) === familyOf(own);
  return {
    ...target,
    elsewhere: [
      ...(await inTurn(ours, server => ask('own', server))),
      ...(await inTurn(mates.filter(sameFamily), server => ask('mate', server))),
      ...(await inTurn(stunServers.filter(sameFamily), server => ask('stun', server))),
    ],
  };
}
