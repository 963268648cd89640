import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExpectedRule, PartnerWay, PortSpan } from '../../topology/doctor/index.ts';
import {
  formatAddress,
  formatIp,
  type IpAddress,
  PROTOCOL_TCP,
  parseIp,
  sameIp,
  type TransportAddress,
  withPort,
} from '../../wire/index.ts';
import { PeerSocket } from './peer-socket.ts';
import type { RelayEnd } from './relay-crossing.ts';
import { inTurn } from './try-relay.ts';
import { type Door, openRelay, type Visitor } from './visitor.ts';

/** The observer in the part of a partner's edge. */
export interface PartnerTrial {
  readonly visitor: Visitor;
  /** A stream: TCP relays are given over no other (RFC 6062 §4.1). */
  readonly door: Door | undefined;
  /** A listener that answers over UDP. */
  readonly stun: TransportAddress | undefined;
  readonly family: 4 | 6;
  /** Of ours, and as the edge sees it. */
  readonly local: IpAddress;
  readonly seenAs: IpAddress;
  readonly rules: readonly ExpectedRule[];
}

const WAIT_MILLIS = 2_500;
const DRAWS = 20;

type Outcome = Pick<PartnerWay, 'outcome' | 'from' | 'why'>;

/** One packet or connection for each planned rule that only partners' edges need. */
export function tryAsPartner(trial: PartnerTrial): Promise<PartnerWay[]> {
  const ours = trial.rules.filter(
    ({ feature, family, isNarrowed, direction }) =>
      family === trial.family &&
      !isNarrowed &&
      (feature === 'tcp-media' || (feature === 'edge-to-edge' && direction === 'out')),
  );
  return inTurn(ours, rule => tryRule(trial, rule));
}

async function tryRule(trial: PartnerTrial, { direction, protocol, first, last }: ExpectedRule): Promise<PartnerWay> {
  const way = { direction, protocol };
  if (direction === 'out' && !sameIp(trial.local, trial.seenAs)) {
    return { ...way, port: first, ...untried('this observer is behind a NAT; try from a machine without one') };
  }
  if (protocol === 'udp') return { ...way, port: first, ...(await edgeSends(trial, first)) };
  if (direction === 'in') return { ...way, ...(await weConnect(trial, first)) };
  return { ...way, ...(await edgeConnects(trial, { first, last })) };
}

/** From the port of a listener to the same port here, where nothing was sent from. */
async function edgeSends({ stun, local }: PartnerTrial, port: number): Promise<Outcome> {
  if (stun === undefined) return untried('no listener answers over UDP');
  const here = await PeerSocket.open(local, { first: port, last: port }).catch(() => undefined);
  if (here === undefined) return untried(`UDP ${port} of this machine is not free`);
  const asker = await PeerSocket.open(local);
  try {
    return arrived(await here.answeredFor(asker, stun));
  } finally {
    here.close();
    asker.close();
  }
}

/** From a TCP relay to a port of ours. */
async function edgeConnects(trial: PartnerTrial, ports: PortSpan): Promise<Outcome & { port: number }> {
  const server = await listening(trial.local, ports);
  if (server === undefined) {
    const why = `TCP ${ports.first} of this machine can not be opened: it is taken, or below 1024 and you are not root`;
    return { port: ports.first, ...untried(why) };
  }
  const { port } = server.address() as { port: number };
  try {
    return {
      port,
      ...(await withTcpRelay(trial, async ({ asker }, relayed) => {
        const from = connectionTo(server, relayed);
        const [sender] = await Promise.all([from, asker.connect(withPort(trial.local, port))]);
        return arrived(sender);
      })),
    };
  } finally {
    server.close();
  }
}

/** From a port of ours to a TCP relay. */
async function weConnect(trial: PartnerTrial, planned: number): Promise<Outcome & { port: number }> {
  let port = planned;
  const outcome = await withTcpRelay(trial, async ({ asker }, relayed) => {
    port = relayed.port;
    await asker.permit(trial.seenAs);
    return { outcome: (await connects(relayed)) ? 'arrived' : 'lost' };
  });
  return { port, ...outcome };
}

async function withTcpRelay(
  { visitor, door, family }: PartnerTrial,
  use: (end: RelayEnd, relayed: TransportAddress) => Promise<Outcome>,
): Promise<Outcome> {
  if (door === undefined) return untried('TCP relays are given over TCP and TLS only, and neither answers');
  const opened = await openRelay(visitor, door, family, PROTOCOL_TCP);
  if ('code' in opened) return untried(`no TCP relay: answered ${opened.code}`);
  try {
    return await use(opened.end, opened.relayed);
  } finally {
    await opened.end.asker.close();
  }
}

function untried(why: string): Outcome {
  return { outcome: 'untried', why };
}

function arrived(from: TransportAddress | undefined): Outcome {
  return from === undefined ? { outcome: 'lost' } : { outcome: 'arrived', from: formatAddress(from) };
}

async function listening(ip: IpAddress, { first, last }: PortSpan): Promise<Server | undefined> {
  for (let left = first === last ? 1 : DRAWS; left > 0; left--) {
    const server = createServer();
    server.listen(randomInt(first, last + 1), formatIp(ip));
    const isOpen = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (isOpen) return server;
  }
  return undefined;
}

/** Whom the relay's connection comes from. Others may knock here as well: it keeps its address, or at least its port. */
function connectionTo(server: Server, relayed: TransportAddress): Promise<TransportAddress | undefined> {
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve(undefined), WAIT_MILLIS);
    server.on('connection', (socket: Socket) => {
      const ip = parseIp(socket.remoteAddress ?? '');
      const from = ip && withPort(ip, socket.remotePort ?? 0);
      socket.on('error', () => {}).destroy();
      if (from === undefined || !(sameIp(from, relayed) || from.port === relayed.port)) return;
      clearTimeout(timer);
      resolve(from);
    });
  });
}

async function connects(to: TransportAddress): Promise<boolean> {
  const socket = createConnection({ host: formatIp(to), port: to.port });
  const isOpen = once(socket, 'connect').then(
    () => true,
    () => false,
  );
  const result = await Promise.race([isOpen, sleep(WAIT_MILLIS, false)]);
  socket.on('error', () => {}).destroy();
  return result;
}
