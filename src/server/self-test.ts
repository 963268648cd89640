import { randomBytes, randomUUID } from 'node:crypto';
import {
  type Family,
  familyOf,
  formatIp,
  OwnAddresses,
  sameIp,
  type TransportAddress,
  withPort,
} from '../wire/index.ts';
import { OwnPaths } from './own-paths.ts';
import { boundSocket, type ClientCredential, type Path, TurnClient } from './turn-client.ts';

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
  readonly #own: OwnAddresses;
  readonly #paths: OwnPaths;
  #last: { at: number; result: Promise<Readiness> } | undefined;

  /** With several workers behind one port, the test makes sure to reach this one. */
  constructor(ways: () => readonly Way[], now: () => number, own = new OwnAddresses([]), workers = 1) {
    this.#own = own;
    this.#ways = ways;
    this.#now = now;
    this.#paths = new OwnPaths(workers);
  }

  /**
   * Whether a datagram comes from a self-test that is under way. Its answers are not taken from a budget for strangers: whoever forges
   * our neighbours' addresses could empty that, and the edge would call itself broken.
   */
  isFrom(client: TransportAddress): boolean {
    return this.#paths.arrived(client);
  }

  /** The one exception of the peer policy, for this identity alone: the address of an echo socket that is open right now. */
  mayReach(peer: TransportAddress): boolean {
    for (const own of this.#peers) if (sameIp(own, peer) && (peer.port === 0 || peer.port === own.port)) return true;
    return false;
  }

  close(): void {
    this.#paths.closeAll();
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
    const cleanUp: CleanUp = [];
    try {
      await this.#relayOneDatagram(way, cleanUp);
      return 'ok';
    } catch (error) {
      return (error as Error).message;
    } finally {
      for (const undo of cleanUp.reverse()) await undo();
    }
  }

  async #relayOneDatagram(way: Way, cleanUp: CleanUp): Promise<void> {
    const client = new TurnClient(await this.#pathTo(way, cleanUp), this.credential);
    // A test that fails halfway leaves no allocation behind; what it said counts, not whether this succeeds.
    cleanUp.push(() => client.release().catch(() => {}));
    const relayed = await client.allocate(this.#relayFamily(familyOf(way.to)));
    const echo = await this.#echoTo(relayed, cleanUp);
    await client.permit(echo);
    await roundTrip(client, echo);
    await client.release();
  }

  /** Relays are on the external side: its families may be others than those of the way in. */
  #relayFamily(family: Family): Family {
    const { all } = this.#own;
    const families = all.map(({ local }) => familyOf(local));
    return families.includes(family) ? family : (families[0] ?? family);
  }

  async #pathTo(way: Way, cleanUp: CleanUp): Promise<Path> {
    const path = await this.#paths.open(way);
    cleanUp.push(() => this.#paths.close(path));
    return path;
  }

  /** A peer on our own address that sends back what comes from the relay, and answers nobody else. */
  async #echoTo(relayed: TransportAddress, cleanUp: CleanUp): Promise<TransportAddress> {
    const socket = await boundSocket(this.#own.local(relayed));
    cleanUp.push(() => void socket.close());
    const relayIp = formatIp(this.#own.local(relayed));
    socket.on('message', (bytes, from) => {
      if (from.port === relayed.port && from.address === relayIp) socket.send(bytes, from.port, from.address);
    });
    const address = withPort(this.#own.advertised(relayed), socket.address().port);
    this.#peers.add(address);
    cleanUp.push(() => void this.#peers.delete(address));
    return address;
  }
}

/** What is to be undone when a test is over, last thing first. */
type CleanUp = (() => void | Promise<void>)[];

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
