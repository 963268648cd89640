import {
  type ClockFacts,
  type Expected,
  type Facts,
  type PeerPolicyFacts,
  type ProbeToken,
  parseEndpoint,
  type TargetFacts,
  type Transport,
} from '../../topology/doctor/index.ts';
import { familyOf, type IpAddress, parseIp, type TransportAddress, withPort } from '../../wire/index.ts';
import { clock } from '../clock.ts';
import { Asker } from './asker.ts';
import { credentialUntil, edgeClock } from './edge-clock.ts';
import { openLine } from './line.ts';
import { ReportSender } from './report-sender.ts';
import { inTurn } from './try-relay.ts';
import { tryTarget } from './try-target.ts';
import type { Door, Visitor } from './visitor.ts';

export interface ProbeOptions {
  readonly addresses: readonly IpAddress[];
  readonly expected: Expected;
  readonly visitor: Visitor;
  /** Lets the probe find out the edge's clock. */
  readonly secret?: string | undefined;
  readonly token?: ProbeToken | undefined;
  readonly ports: number;
  readonly idleSeconds?: number | undefined;
  readonly mates: readonly TransportAddress[];
  readonly onProgress: (what: string) => void;
}

export interface Probed {
  readonly facts: Facts;
  /** Whether a doctor waited and has it all. */
  readonly delivered: boolean;
}

/** Never to be reached through an edge that strangers use: itself, private networks, where clouds keep secrets. */
const NEVER_PEERS = ['127.0.0.1', '10.0.0.1', '192.168.0.1', '169.254.169.254', '::1', 'fe80::1', 'fd00:ec2::254'];

/** Everything there is to see of an edge from where we are; reported to the doctor when one waits. */
export async function probe(options: ProbeOptions): Promise<Probed> {
  const { expected, visitor, token, onProgress } = options;
  const isOutside = expected.side === 'external';
  const { udp, tcp } = expected;
  const relayPorts = expected.source === 'assumption' ? undefined : expected.relayPorts;
  const targets = await inTurn(options.addresses, address =>
    tryTarget(
      { address, udp, tcp, relayPorts },
      {
        visitor,
        onProgress,
        ports: isOutside && expected.relayIn ? options.ports : 0,
        hasPeers: isOutside,
        idleSeconds: options.idleSeconds,
        mates: options.mates,
        rules: expected.rules,
        peers: NEVER_PEERS.map(neverPeer),
      },
    ),
  );
  const door = workingDoor(targets);
  const clocks = [...(door === undefined ? [] : await clockBySecret(options, door)), ...clockByToken(options, targets)];
  const facts: Facts = { by: 'probe', at: clock.wall(), expected, targets, clocks };
  if (token?.reportTo === undefined || door === undefined) return { facts, delivered: false };
  return report(facts, visitor, door, token);
}

function neverPeer(peer: string): Omit<PeerPolicyFacts, 'answered'> {
  return { peer, expected: 'denied' };
}

async function report(facts: Facts, visitor: Visitor, door: Door, { reportTo = '', key }: ProbeToken): Promise<Probed> {
  const to = parseEndpoint(reportTo);
  const sender = to && (await ReportSender.open(visitor, door, to, familyOf(to), key));
  if (sender === undefined) return { facts, delivered: false };
  try {
    const ahead = await sender.clockAhead();
    if (ahead === undefined) return { facts, delivered: false };
    const known: ClockFacts = { whose: 'edge', against: 'the probe', ...ahead };
    const all = { ...facts, clocks: [known, ...facts.clocks.filter(({ against }) => against !== BY_TOKEN)] };
    const { expected: _, ...sent } = all; // the doctor knows that better
    return { facts: all, delivered: await sender.deliver(JSON.stringify(sent)) };
  } finally {
    await sender.close();
  }
}

async function clockBySecret({ secret, visitor }: ProbeOptions, door: Door): Promise<ClockFacts[]> {
  if (secret === undefined) return [];
  const accepts = async (expiresSeconds: number) => {
    const line = await openLine(door.transport, door.to, visitor);
    if (typeof line === 'string') return undefined;
    const asker = new Asker(line, credentialUntil(secret, 'probe', expiresSeconds));
    const answer = await asker.allocate(familyOf(door.to));
    await asker.close();
    return answer.said === 'success' ? true : answer.said === 'error' && answer.code === 401 ? false : undefined;
  };
  return [await edgeClock(accepts, clock.wall)];
}

const BY_TOKEN = 'this machine, by the token';

/** A token from the future, or one that is over but still taken: what can be known without a doctor who waits. */
function clockByToken({ token }: ProbeOptions, targets: readonly TargetFacts[]): ClockFacts[] {
  if (token === undefined) return [];
  const now = clock.wall();
  const isTaken = targets.some(({ allocation }) => allocation !== undefined && 'relayed' in allocation);
  const late = isTaken ? Math.max(0, now - token.expires) : 0;
  const ahead = Math.max(0, token.issued - now);
  if (late === 0 && ahead === 0) return [];
  return [{ whose: 'edge', against: BY_TOKEN, aheadMillis: ahead - late, toleranceMillis: 0 }];
}

function workingDoor(targets: readonly TargetFacts[]): Door | undefined {
  for (const { address, allocation, reaches } of targets) {
    if (allocation === undefined || !('relayed' in allocation)) continue;
    const transport: Transport = allocation.via;
    const reach = reaches.find(each => each.transport === transport && each.outcome === 'answered');
    if (reach !== undefined) return { transport, to: withPort(parseIp(address)!, reach.port) };
  }
  return undefined;
}
