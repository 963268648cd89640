/**
 * CPU microseconds for a datagram from one relay of an edge to another: within the engine, beside the same through the machine, as between
 * two workers: `node bench/across.ts [--rounds N]`. Each is sent to the relay and taken out at the far client's end, without the two
 * clients' own sockets. Ways alternate within each round. Linux, engine mmsg.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { MmsgEngine, type OwnRelays } from '../src/dataplane/index.ts';
import {
  type Channel,
  type ClientAddress,
  ipv4,
  type RelayAddress,
  type RelayId,
  withPort,
} from '../src/wire/index.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
const LOOPBACK = ipv4(0x7f000001);
const PORTS = { first: 20_000, last: 20_999 };
const CHANNEL = 0x4000 as Channel;
const PAYLOAD = 172;
const DATAGRAMS = 200_000;
const AT_ONCE = 32;

/** Two relays, and a far client that counts what comes. */
class Pair {
  readonly #engine: MmsgEngine;
  readonly #opened = new Map<RelayId, RelayAddress>();
  #arrived = 0;

  constructor(own: OwnRelays | undefined) {
    const upcalls = {
      fromClient: () => {},
      fromPeer: () => {},
      relayOpened: (relay: RelayId, { w0, w1, w2, w3, port }: RelayAddress) =>
        void this.#opened.set(relay, { w0, w1, w2, w3, port } as RelayAddress),
      relayFailed: () => {},
    };
    const engine = MmsgEngine.start({ relayPorts: PORTS, random: randomInt, upcalls, own });
    if (typeof engine === 'string') throw new Error(engine);
    this.#engine = engine;
  }

  async open(): Promise<void> {
    const engine = this.#engine;
    const frame = () => {
      this.#arrived++;
      return true;
    };
    for (const relay of [0, 1] as RelayId[]) {
      const address = withPort(LOOPBACK, 1 + relay) as ClientAddress;
      const client = engine.openStream('tcp', address, withPort(LOOPBACK, 443), { frame });
      engine.openRelay({ relay, client: client.id, ip: LOOPBACK, port: 'any', dontFragment: false });
    }
    while (this.#opened.size < 2) await turn();
    for (const relay of [0, 1] as RelayId[]) {
      engine.permit(relay, LOOPBACK);
      engine.installChannel(relay, CHANNEL, this.#opened.get((1 - relay) as RelayId)!);
    }
  }

  /** CPU microseconds per datagram. */
  async measure(): Promise<number> {
    const bytes = new Uint8Array(PAYLOAD);
    const to = this.#opened.get(1 as RelayId)!;
    const until = this.#arrived + DATAGRAMS;
    const before = process.cpuUsage();
    for (let sent = this.#arrived; sent < until; ) {
      for (let i = 0; i < AT_ONCE; i++, sent++) this.#engine.toPeer(0 as RelayId, to, bytes, 0, PAYLOAD);
      while (this.#arrived < sent) await turn();
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / DATAGRAMS;
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

const own: OwnRelays = {
  addresses: [{ local: LOOPBACK, advertised: LOOPBACK, isOpen: false }],
  ports: PORTS,
  isShared: false,
  isOpen: () => false,
};
const ways = { 'within the engine': new Pair(own), 'through the machine': new Pair(undefined) };
for (const pair of Object.values(ways)) {
  await pair.open();
  await pair.measure();
}
const micros = new Map(Object.keys(ways).map(name => [name, [] as number[]]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, pair] of Object.entries(ways)) micros.get(name)!.push(await pair.measure());
}
for (const [name, all] of micros) {
  const sorted = all.toSorted((a, b) => a - b);
  const figures = [sorted[sorted.length >> 1]!, sorted[0]!, sorted.at(-1)!].map(n => n.toFixed(2));
  process.stdout.write(`${name.padEnd(20)} ${figures[0]} µs (${figures[1]}–${figures[2]})\n`);
}
for (const pair of Object.values(ways)) await pair.close();

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
