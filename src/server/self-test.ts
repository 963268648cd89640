import { randomBytes, randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { familyOf, formatIp, sameIp, type TransportAddress, withPort } from '../wire/index.ts';
import { type ClientCredential, type Path, TurnClient, tcpPath, udpPath } from './turn-client.ts';

/** The ways in that the self-test tries: each of our listeners. */
export interface Way {
  readonly name: string;
  readonly transport: 'udp' | 'tcp';
  readonly to: TransportAddress;
}

export interface Readiness {
  readonly ready: boolean;
  /** Per way in: `ok`, or what went wrong in words. */
  readonly checks: Readonly<Record<string, string>>;
}

const RELAYED_MILLIS = 1_000;
/** A result is good for this long: a balancer that asks often costs no more than one allocation per way in this time. */
const FRESH_MILLIS = 2_000;

/**
 * Proves the data path instead of the process: makes an allocation on each of our own listeners and relays a datagram both ways.
 * It has a credential of its own that nobody else knows, and its only permitted peer is its own echo socket.
 */
export class SelfTest {
  readonly identity = `self-test ${randomUUID()}`;
  readonly credential: ClientCredential = { username: this.identity, password: randomBytes(24).toString('base64url') };
  readonly #ways: () => readonly Way[];
  readonly #now: () => number;
  readonly #peers = new Set<TransportAddress>();
  #last: { at: number; result: Promise<Readiness> } | undefined;

  constructor(ways: () => readonly Way[], now: () => number) {
    this.#ways = ways;
    this.#now = now;
  }

  /** The one exception of the peer policy, for this identity alone: the address of an echo socket that is open right now. */
  mayReach(peer: TransportAddress): boolean {
    for (const own of this.#peers) if (sameIp(own, peer) && (peer.port === 0 || peer.port === own.port)) return true;
    return false;
  }

  readiness(): Promise<Readiness> {
    const now = this.#now();
    if (this.#last === undefined || now - this.#last.at > FRESH_MILLIS) this.#last = { at: now, result: this.#run() };
    return this.#last.result;
  }

  async #run(): Promise<Readiness> {
    const ways = this.#ways();
    const results = await Promise.all(ways.map(async way => [way.name, await this.#try(way)] as const));
    return {
      ready: results.length > 0 && results.every(([, said]) => said === 'ok'),
      checks: Object.fromEntries(results),
    };
  }

  async #try(way: Way): Promise<string> {
    const cleanUp: (() => void)[] = [];
    try {
      await this.#relayOneDatagram(way, cleanUp);
      return 'ok';
    } catch (error) {
      return (error as Error).message;
    } finally {
      for (const close of cleanUp.reverse()) close();
    }
  }

  async #relayOneDatagram(way: Way, cleanUp: (() => void)[]): Promise<void> {
    const echo = await echoSocket(way.to);
    this.#peers.add(echo.address);
    cleanUp.push(
      () => echo.socket.close(),
      () => this.#peers.delete(echo.address),
    );
    const client = new TurnClient(await pathTo(way), this.credential);
    cleanUp.push(() => client.close());
    await client.allocate(familyOf(way.to));
    await client.permit(echo.address);
    await roundTrip(client, echo.address);
    await client.release();
  }
}

function pathTo(way: Way): Promise<Path> {
  return way.transport === 'udp' ? udpPath(withPort(way.to, 0), way.to) : tcpPath(way.to);
}

/** A peer that sends back what it is sent, on our own address. */
async function echoSocket(beside: TransportAddress): Promise<{ socket: Socket; address: TransportAddress }> {
  const socket = createSocket(familyOf(beside) === 4 ? 'udp4' : 'udp6');
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, formatIp(beside), resolve);
  });
  socket.on('error', () => {}); // an echo that fails shows as a missing datagram
  return { socket, address: withPort(beside, socket.address().port) };
}

function roundTrip(client: TurnClient, peer: TransportAddress): Promise<void> {
  const token = randomBytes(16);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no relayed datagram came back')), RELAYED_MILLIS);
    client.onData = payload => {
      if (Buffer.compare(payload, token) !== 0) return;
      clearTimeout(timer);
      resolve();
    };
    client.send(peer, token);
  });
}
