import {
  type ExpectedRule,
  isRelayed,
  type PeerPolicyFacts,
  type PortFacts,
  type PortSpan,
  parseEndpoint,
  type Reach,
  type RelayedFacts,
  type TargetFacts,
} from '../../topology/doctor/index.ts';
import {
  type Family,
  familyOf,
  formatAddress,
  formatIp,
  type IpAddress,
  parseIp,
  type TransportAddress,
  withPort,
} from '../../wire/index.ts';
import { PeerSocket } from './peer-socket.ts';
import { inward, type RelayEnd } from './relay-crossing.ts';
import { tryDoor } from './try-door.ts';
import { askThroughRelay } from './try-elsewhere.ts';
import { tryAsPartner } from './try-partner.ts';
import { tryPorts } from './try-ports.ts';
import { inTurn, tryRelay } from './try-relay.ts';
import { type Door, openRelay, type Visitor } from './visitor.ts';

export interface Target {
  readonly address: IpAddress;
  readonly udp: readonly number[];
  readonly tcp: readonly number[];
  /** Undefined where nobody has told. */
  readonly relayPorts: PortSpan | undefined;
}

export interface Trial {
  readonly visitor: Visitor;
  /** How many relay ports to try from outside; 0 where observers do not reach relays. */
  readonly ports: number;
  /** Whether sockets of ours can be peers: not on the edge's own machine, whose addresses are denied. */
  readonly hasPeers: boolean;
  readonly idleSeconds: number | undefined;
  /** The planned rules, which say what partners need and where relays may send to. */
  readonly rules: readonly ExpectedRule[];
  readonly mates: readonly TransportAddress[];
  readonly peers: readonly Omit<PeerPolicyFacts, 'answered'>[];
  readonly onProgress: (what: string) => void;
}

/** Everything there is to try on one address of an edge. */
export async function tryTarget(target: Target, trial: Trial): Promise<TargetFacts> {
  const { address } = target;
  const family = familyOf(address);
  trial.onProgress(`${formatIp(address)}: listeners`);
  const reaches = await Promise.all(doorsOf(target).map(door => tryDoor(trial.visitor, door)));
  const facts = { address: formatIp(address), family, reaches, elsewhere: [], peerPolicy: [] };
  const door = bestDoor(target, reaches);
  if (door === undefined || trial.visitor.standard === undefined) return facts;
  trial.onProgress(`${formatIp(address)}: an allocation over ${door.transport.toUpperCase()}`);
  const opened = await openRelay(trial.visitor, door, family);
  if ('code' in opened) return { ...facts, allocation: { code: opened.code } };
  try {
    return { ...facts, ...(await withRelay(target, trial, reaches, door, opened)) };
  } finally {
    await opened.end.asker.close();
  }
}

interface Opened {
  readonly end: RelayEnd;
  readonly relayed: TransportAddress;
}

async function withRelay(target: Target, trial: Trial, reaches: readonly Reach[], door: Door, opened: Opened) {
  const { end, relayed } = opened;
  const family = familyOf(target.address);
  const allocation = { via: door.transport, relayed: formatAddress(relayed) };
  const relayToRelay = await crossesInside(trial.visitor, door, family, opened);
  const peerPolicy = await inTurn(
    trial.peers.filter(({ peer }) => familyOf(parseIp(peer)!) === family),
    each => tryPeer(end, each),
  );
  const elsewhere = await inTurn(
    trial.mates.filter(mate => familyOf(mate) === family),
    mate => askThroughRelay(end, relayed, mate),
  );
  const path = await (trial.hasPeers
    ? alongThePath(target, trial, reaches, door, opened)
    : inside(target, trial, door, opened));
  return { allocation, relayToRelay, peerPolicy, elsewhere, ...path };
}

/** What needs a peer on this machine. */
async function alongThePath(
  target: Target,
  trial: Trial,
  reaches: readonly Reach[],
  door: Door,
  { end, relayed }: Opened,
) {
  const { address } = target;
  const family = familyOf(address);
  const answering = (...transports: readonly Reach['transport'][]) =>
    reaches.find(({ transport, outcome }) => transports.includes(transport) && outcome === 'answered');
  const udp = answering('udp');
  const stream = answering('tcp', 'tls');
  const stun = udp && withPort(address, udp.port);
  const { local } = end.asker.line;
  const mapped = await end.asker.binding();
  const seenAs = mapped.said === 'success' && mapped.value.mapped !== undefined ? mapped.value.mapped : local;
  trial.onProgress(`${formatIp(address)}: relayed datagrams`);
  const idleSeconds = trial.idleSeconds;
  const peerPorts = trial.rules.find(
    rule => isRelayed(rule) && rule.direction === 'out' && rule.family === family && !rule.isNarrowed,
  );
  const facts = await tryRelay({ end, relayed, dialled: address, stun, seenAs, local, peerPorts, idleSeconds });
  const at = facts.inward.from === undefined && facts.inwardAtDialled?.from !== undefined ? address : undefined;
  const sender = await PeerSocket.open(local);
  try {
    return {
      relayed: facts,
      partner: await tryAsPartner({
        visitor: trial.visitor,
        door: stream && { transport: stream.transport, to: withPort(address, stream.port) },
        stun,
        family,
        local,
        seenAs,
        rules: trial.rules,
      }),
      otherMapped: stun === undefined ? undefined : await mappingTowards(sender, stun),
      ports:
        trial.ports === 0
          ? undefined
          : withPortOf(facts, await tryPorts({ ...portTrial(target, trial, door), sender, seenAs, at })),
    };
  } finally {
    sender.close();
  }
}

/** The port that we hold all the while, which nobody else can be given. */
function withPortOf({ relayed, inward: direct, inwardAtDialled }: RelayedFacts, ports: PortFacts): PortFacts {
  const own = parseEndpoint(relayed)!.port;
  const isReached = direct.from !== undefined || inwardAtDialled?.from !== undefined;
  const [reached, lost] = isReached ? [[own, ...ports.reached], ports.lost] : [ports.reached, [own, ...ports.lost]];
  return { reached, lost, untried: Math.max(0, ports.untried - 1) };
}

/** On the edge's own machine: relay to relay, which leaves out firewall and NAT. */
async function inside(target: Target, trial: Trial, door: Door, { end, relayed }: Opened) {
  if (trial.ports === 0) return {};
  const sender = { send: (to: TransportAddress, bytes: Uint8Array) => end.asker.sendTo(to, bytes) };
  await end.asker.permit(relayed);
  return { ports: await tryPorts({ ...portTrial(target, trial, door), sender, seenAs: relayed }) };
}

function portTrial({ address, relayPorts }: Target, { visitor, ports, onProgress }: Trial, door: Door) {
  return {
    visitor,
    door,
    family: familyOf(address),
    range: relayPorts,
    wanted: ports,
    onProgress: (tried: number, wanted: number) => onProgress(`${formatIp(address)}: relay port ${tried} of ${wanted}`),
  };
}

/** RFC 5780 §4.3, test II: the same socket asks the server's other address. */
async function mappingTowards(socket: PeerSocket, stun: TransportAddress) {
  const first = await socket.binding(stun);
  if (first?.mapped === undefined || first.other === undefined) return undefined;
  const second = await socket.binding(first.other);
  return {
    other: formatAddress(first.other),
    mapped: formatAddress(first.mapped),
    otherwise: second?.mapped && formatAddress(second.mapped),
  };
}

async function crossesInside(
  visitor: Visitor,
  door: Door,
  family: Family,
  { end, relayed }: Opened,
): Promise<boolean | undefined> {
  const second = await openRelay(visitor, door, family);
  if ('code' in second) return undefined;
  try {
    const permitted = [await end.asker.permit(second.relayed), await second.end.asker.permit(relayed)];
    if (permitted.some(({ said }) => said !== 'success')) return false;
    const sender = { send: (to: TransportAddress, bytes: Uint8Array) => end.asker.sendTo(to, bytes) };
    return (await inward(second.end, sender, second.relayed)) !== undefined;
  } finally {
    await second.end.asker.close();
  }
}

async function tryPeer({ asker }: RelayEnd, asked: Omit<PeerPolicyFacts, 'answered'>): Promise<PeerPolicyFacts> {
  const answer = await asker.permit(parseIp(asked.peer)!);
  if (answer.said === 'success') return { ...asked, answered: 'allowed' };
  return { ...asked, answered: answer.said === 'error' ? 'denied' : 'silent' };
}

function doorsOf({ address, udp, tcp }: Target): Door[] {
  return [
    ...udp.map((port): Door => ({ transport: 'udp', to: withPort(address, port) })),
    ...tcp.flatMap((port): Door[] => [
      { transport: 'tcp', to: withPort(address, port) },
      { transport: 'tls', to: withPort(address, port) },
    ]),
  ];
}

/** UDP before TCP before TLS, among those that take our credential. */
function bestDoor({ address }: Target, reaches: readonly Reach[]): Door | undefined {
  const answered = reaches.filter(({ outcome }) => outcome === 'answered');
  const best = answered.find(({ standard }) => standard?.said === 'accepted') ?? answered[0];
  return best && { transport: best.transport, to: withPort(address, best.port) };
}
