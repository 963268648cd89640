import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConfigInput } from '../../src/control/index.ts';
import { SimulatedNetwork } from '../../src/dataplane/index.ts';
import type { Refusal } from '../../src/turn/index.ts';
import {
  ATTRIBUTES,
  CLASSES,
  familyOf,
  formatIp,
  type IpAddress,
  METHODS,
  MessageWriter,
  parseIp,
  sameIp,
  type TransportAddress,
  withPort,
} from '../../src/wire/index.ts';
import { dice, VirtualClock } from '../testkit/index.ts';
import { SimulatedClient, SimulatedHost } from '../testkit/simulated-client.ts';
import { SimulatedEdge } from '../testkit/simulated-edge.ts';
import { type Spelling, spellingsOf, xorAsIPv6 } from '../testkit/spellings.ts';
import type { Write } from '../testkit/turn-talker.ts';

/*
 * The peer policy through everything that lies between a client's bytes and a peer's socket: codec, state machines, filter, performer,
 * forwarder. A denied host stands at every spelling of its address, listens and talks; nothing may pass in either direction.
 */

const EDGE4 = '198.51.100.1';
const EDGE6 = '2001:db8:1::1';
const INTERNAL = '10.1.0.10';
const PAYLOAD = new Uint8Array(32).fill(0x5a);
const PORT = 4000;
const CHANNEL = 0x4000;

test('if a prefix is denied, no spelling of any address in it can be sent to or heard, by any method', async () => {
  await fc.assert(
    fc.asyncProperty(prefixes, words, fc.integer(), async (prefix, host, noise) => {
      const inside = within(prefix, host);
      const denied = textOf(prefix);
      const allow = ['0.0.0.0/0', '::/0'].filter(all => all !== denied);
      const stage = await Stage.start({ allow, deny: [denied] });
      for (const spelling of spellingsOf(inside, noise)) stage.expectSealed(spelling);
      await stage.stop();
    }),
    { seed: 20261121, numRuns: 150 },
  );
});

const DENIED_BY_DEFAULT: Readonly<Record<string, readonly string[]>> = {
  'this network and the unspecified address': ['0.0.0.0', '0.1.2.3', '::'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: ['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255'],
  CGNAT: ['100.64.0.1', '100.127.255.254'],
  'link-local': ['169.254.0.1', 'fe80::1', 'febf::1'],
  'unique local': ['fc00::1', 'fdff::1'],
  multicast: ['224.0.0.1', '239.255.255.250', 'ff02::1'],
  broadcast: ['255.255.255.255'],
  documentation: ['192.0.2.1', '198.51.100.77', '203.0.113.9', '2001:db8::9', '3fff::1'],
  'cloud metadata': ['169.254.169.254', '168.63.129.16', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254'],
};

describe.each(Object.entries(DENIED_BY_DEFAULT))('by default, %s', (_, addresses) => {
  test.each(addresses)('%s is sealed off in every spelling, for every method', async text => {
    const stage = await Stage.start({});
    for (const spelling of spellingsOf(parseIp(text)!)) stage.expectSealed(spelling);
    await stage.stop();
  });
});

test.each([EDGE4, EDGE6])('own address %s: its permission opens relays of this edge and nothing else', async text => {
  const stage = await Stage.start({});
  for (const spelling of spellingsOf(parseIp(text)!)) {
    const { permission: _, channel, ...passed } = stage.attempt(spelling);
    expect(channel, spelling.name).toBe('error 403');
    expect(passed, spelling.name).toEqual({ reachedByIndication: 0, reachedByChannel: 0, heard: 0 });
  }
  await stage.stop();
});

test('the same attempts reach a public host, so they prove something', async () => {
  const stage = await Stage.start({});
  for (const text of ['8.8.8.8', '2606:4700::1']) {
    const [plain] = spellingsOf(parseIp(text)!);
    expect(stage.attempt(plain!)).toEqual({
      permission: 'success',
      channel: 'success',
      reachedByIndication: 1,
      reachedByChannel: 1,
      heard: 1,
    });
  }
  await stage.stop();
});

describe.each(['external', 'internal'] as const)('for a client that comes from the %s side', from => {
  const allow = ['0.0.0.0/0', '::/0', '10.1.2.0/23'];

  test('no address inside the enterprise is reached or heard, in any spelling, by any method, whatever the operator allows', async () => {
    await fc.assert(
      fc.asyncProperty(prefixes.filter(isInside), words, fc.integer(), async (prefix, host, noise) => {
        const stage = await Stage.start({ allow }, { inside: [textOf(prefix)], from });
        for (const spelling of spellingsOf(within(prefix, host), noise)) stage.expectSealed(spelling);
        await stage.stop();
      }),
      { seed: 20261122, numRuns: 100 },
    );
  });

  test.each([INTERNAL, '10.1.0.1', '10.1.255.255', 'fd00:1::7'])('%s is inside', async text => {
    const stage = await Stage.start({ allow: ['0.0.0.0/0', '::/0'] }, { inside: ['10.1.0.0/16', 'fd00:1::/32'], from });
    for (const spelling of spellingsOf(parseIp(text)!)) stage.expectSealed(spelling);
    await stage.stop();
  });

  test("the edge's own internal address is inside, though no network lists it", async () => {
    const stage = await Stage.start({ allow: ['0.0.0.0/0', '::/0'] }, { inside: ['10.2.0.0/16'], from });
    for (const spelling of spellingsOf(parseIp(INTERNAL)!)) stage.expectSealed(spelling);
    await stage.stop();
  });

  test('what is beside the enterprise is reached as before', async () => {
    const stage = await Stage.start({ allow: ['10.2.0.0/16'] }, { inside: ['10.1.0.0/16'], from });
    for (const text of ['8.8.8.8', '10.2.0.1']) {
      const [plain] = spellingsOf(parseIp(text)!);
      expect(stage.attempt(plain!)).toMatchObject({ permission: 'success', channel: 'success', reachedByChannel: 1 });
    }
    await stage.stop();
  });
});

test('one denied peer among others in a CreatePermission leaves all of them without permission', async () => {
  const stage = await Stage.start({});
  const [open, shut] = [at('8.8.8.8'), at('10.0.0.1')];
  const host = stage.hostAt(open);
  expect(stage.client.permit(open, shut)?.code).toBe(403);
  host.socket.send(stage.relayFor(open), PAYLOAD);
  stage.client.indicate(open, PAYLOAD);
  stage.pause();
  expect([host.got.length, stage.client.arrived.length]).toEqual([0, 0]);
  host.socket.close();
  await stage.stop();
});

test('a permission for one address opens none of its neighbours', async () => {
  const stage = await Stage.start({ deny: ['8.8.8.9'] });
  expect(stage.client.permit(at('8.8.8.8'))?.summary).toBe('success');
  for (const spelling of spellingsOf(parseIp('8.8.8.9')!)) stage.expectSealed(spelling);
  await stage.stop();
});

test('where the edge itself listens nothing can be sent, although the operator allows its addresses', async () => {
  const stage = await Stage.start({ allow: ['0.0.0.0/0', '::/0'] });
  for (const text of [EDGE4, EDGE6]) {
    for (const spelling of spellingsOf(parseIp(text)!)) {
      const listener = withPort(spelling.address, 3478);
      const before = stage.refused('send-to-own-endpoint');
      stage.client.permit(listener);
      stage.indicate(spelling, listener);
      stage.pause();
      expect(stage.bind(spelling, listener).channel, spelling.name).toBe('error 403');
      expect(stage.refused('send-to-own-endpoint') - before, spelling.name).toBe(1);
    }
  }
  expect(stage.relayed).toBe(0);
  await stage.stop();
});

interface Sides {
  /** The enterprise's networks, when there is an inside. */
  readonly inside?: readonly string[];
  /** The side that the client comes from. */
  readonly from?: 'external' | 'internal';
}

interface Attempt {
  readonly permission: string;
  readonly channel: string;
  readonly reachedByIndication: number;
  readonly reachedByChannel: number;
  readonly heard: number;
}

/** A client with an allocation of both families, and whoever it tries to reach. */
class Stage {
  readonly #clock = new VirtualClock(1_800_000_000_000);
  readonly #random = dice(7);
  readonly #network = new SimulatedNetwork(this.#clock, this.#random);
  readonly #world = { clock: this.#clock, network: this.#network, random: this.#random };
  #edge!: SimulatedEdge;
  #relays: readonly TransportAddress[] = [];
  #channel = CHANNEL;
  client!: SimulatedClient;

  static async start(
    peers: ConfigInput['external']['peers'],
    { inside, from = 'external' }: Sides = {},
  ): Promise<Stage> {
    const stage = new Stage();
    stage.#edge = await SimulatedEdge.start(stage.#world, {
      external: { address: [EDGE4, EDGE6], tcp: [], peers },
      ...(inside && { internal: { address: [INTERNAL], tcp: [], networks: [...inside] } }),
      credentials: { users: { alice: 'wonderland' } },
    });
    const credential = { username: 'alice', password: 'wonderland' };
    stage.client = new SimulatedClient(
      stage.#world,
      at('192.0.2.50'),
      stage.#edge.listeners.at(from === 'external' ? 0 : -1)!,
      credential,
    );
    stage.#relays = stage.client.relayed({ dual: true });
    return stage;
  }

  relayFor(peer: IpAddress): TransportAddress {
    return this.#relays.find(relay => familyOf(relay) === familyOf(peer))!;
  }

  /** A host that listens there. */
  hostAt(address: TransportAddress): SimulatedHost {
    return new SimulatedHost(this.#network, address);
  }

  expectSealed(spelling: Spelling): void {
    const { permission, channel, ...passed } = this.attempt(spelling);
    expect([permission, channel], spelling.name).toEqual(['error 403', 'error 403']);
    expect(passed, spelling.name).toEqual({ reachedByIndication: 0, reachedByChannel: 0, heard: 0 });
  }

  /** Everything a client and a host can try, and what came of it. */
  attempt(spelling: Spelling): Attempt {
    const peer = withPort(spelling.address, PORT);
    const host = this.hostAt(peer);
    const before = this.client.arrived.length;
    const asks: Write = w => void this.#writePeer(w, spelling, peer);
    const permission = this.client.request(METHODS.CreatePermission, asks)?.summary ?? 'silence';
    this.indicate(spelling, peer);
    this.pause();
    const reachedByIndication = host.got.length;
    host.socket.send(this.relayFor(peer), PAYLOAD);
    this.pause();
    const heard = this.client.arrived.length - before;
    const { number, channel } = this.bind(spelling, peer);
    this.client.sendOn(number, PAYLOAD);
    this.pause();
    const reachedByChannel = host.got.length - reachedByIndication;
    host.socket.close();
    return { permission, channel, reachedByIndication, reachedByChannel, heard };
  }

  bind(spelling: Spelling, peer: TransportAddress): { number: number; channel: string } {
    const number = this.#channel++;
    const binds: Write = w => this.#writePeer(w.uint16(ATTRIBUTES.ChannelNumber, number), spelling, peer);
    return { number, channel: this.client.request(METHODS.ChannelBind, binds)?.summary ?? 'silence' };
  }

  refused(refusal: Refusal): number {
    return this.#edge.refusals.get(refusal) ?? 0;
  }

  /** Datagrams that left for peers. */
  get relayed(): number {
    return this.#edge.engine.counters().relayedToPeers.datagrams;
  }

  pause(): void {
    this.#clock.advance(5);
  }

  async stop(): Promise<void> {
    await this.#edge.stop();
    this.client.close();
    expect(this.#network.openSockets).toBe(0);
  }

  indicate(spelling: Spelling, peer: TransportAddress): void {
    const id = Uint8Array.from({ length: 12 }, () => this.#random(256));
    const w = new MessageWriter(new Uint8Array(256), 0, METHODS.Send, CLASSES.indication, id);
    this.client.send(this.#writePeer(w, spelling, peer).raw(ATTRIBUTES.Data, PAYLOAD).message);
  }

  #writePeer(w: MessageWriter, { asIPv6 }: Spelling, peer: TransportAddress): MessageWriter {
    if (!asIPv6) return w.xorAddress(ATTRIBUTES.XorPeerAddress, peer);
    return w.raw(ATTRIBUTES.XorPeerAddress, xorAsIPv6(peer, w.bytes.subarray(8, 20)));
  }
}

interface Prefix {
  readonly address: IpAddress;
  /** Of 128 bits. */
  readonly length: number;
}

const words = fc.record({ w0: fc.integer(), w1: fc.integer(), w2: fc.integer(), w3: fc.integer() });

/** Two of three are IPv4. */
const prefixes: fc.Arbitrary<Prefix> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer(), fc.integer({ min: 0, max: 32 }))
      .map(([w3, n]) => masked({ w0: 0, w1: 0, w2: 0xffff, w3 }, 96 + n)),
  },
  { weight: 1, arbitrary: fc.tuple(words, fc.integer({ min: 1, max: 128 })).map(([a, n]) => masked(a, n)) },
);

/** A network that could be an enterprise's: the edge's external addresses and all the world are in none. */
function isInside(prefix: Prefix): boolean {
  const { address, length } = prefix;
  const isSmall = length >= (familyOf(address) === 4 ? 104 : 16);
  return isSmall && ![EDGE4, EDGE6].some(edge => sameIp(masked(parseIp(edge)!, length).address, address));
}

function masked(a: IpAddress, length: number): Prefix {
  return { address: combine(a, { w0: 0, w1: 0, w2: 0, w3: 0 }, length), length };
}

function within({ address, length }: Prefix, host: IpAddress): IpAddress {
  return combine(address, host, length);
}

/** The first bits of one address and the others of another. */
function combine(a: IpAddress, b: IpAddress, bits: number): IpAddress {
  const word = (x: number, y: number, i: number) => {
    const kept = Math.min(Math.max(bits - 32 * i, 0), 32);
    const mask = kept === 0 ? 0 : -1 << (32 - kept);
    return (x & mask) | (y & ~mask);
  };
  return { w0: word(a.w0, b.w0, 0), w1: word(a.w1, b.w1, 1), w2: word(a.w2, b.w2, 2), w3: word(a.w3, b.w3, 3) };
}

function textOf({ address, length }: Prefix): string {
  return `${formatIp(address)}/${familyOf(address) === 4 ? length - 96 : length}`;
}

function at(ip: string): TransportAddress {
  return withPort(parseIp(ip)!, PORT);
}
