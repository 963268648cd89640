import { describe, expect, test } from 'vitest';
import { NatBox, SimulatedNetwork, type Weather } from '../../src/dataplane/index.ts';
import { METHODS, parseIp, type TransportAddress, withPort } from '../../src/wire/index.ts';
import { type Dice, dice, VirtualClock } from '../testkit/index.ts';
import { SimulatedClient, SimulatedHost } from '../testkit/simulated-client.ts';
import { NOTHING_LEFT, SimulatedEdge } from '../testkit/simulated-edge.ts';
import type { Reply } from '../testkit/turn-reply.ts';
import { allocateWith } from '../testkit/turn-talker.ts';

/*
 * The life of a call: two clients and one edge on the simulated network, hours of virtual time. Only the clock, the dice and the wires
 * are not real. Media flows all the time; a stranger and a guest knock at both relays all the time.
 */

const HOUR = 3_600_000;
const MINUTE = 60_000;
const START = 1_800_000_000_000;
const EDGE = '198.51.100.1';
const CHANNEL = 0x4abc;

const FAIR: Weather = { loss: 0, duplication: 0, leastDelay: 10, mostDelay: 10 };
const FOUL: Weather = { loss: 0.08, duplication: 0.05, leastDelay: 5, mostDelay: 120 };

test('in fair weather a call of three hours loses nothing, and leaves nothing behind', async () => {
  const call = await Call.start(1, FAIR);
  call.runFor(3 * HOUR);
  expect(call.lost).toBe(0);
  expect(call.alice.client.stale).toBeGreaterThanOrEqual(2); // each hour the nonce is stale, and a new one is taken
  expect(call.bob.client.stale).toBeGreaterThanOrEqual(2);
  expect(call.alice.client.repeated + call.bob.client.repeated).toBe(0);
  await call.hangUp();
});

describe.each([1, 2, 3, 4, 5])('in foul weather (seed %d)', seed => {
  test('a call of two hours goes on, and leaves nothing behind', async () => {
    const call = await Call.start(seed, FOUL);
    call.runFor(2 * HOUR);
    const { alice, bob } = call;
    expect(alice.client.repeated + bob.client.repeated).toBeGreaterThan(0); // requests were lost and asked again
    // Each datagram crosses three wires: 0.92 to the third is 0.78, and duplicates add to it.
    expect(call.lost / call.said).toBeLessThan(0.3);
    expect(call.guestHeard).toBeGreaterThan(0); // so the checks of who is let in have checked something
    expect(call.edge.ended).toEqual([]);
    await call.hangUp();
  });
});

test('a client whose NAT forgets it allocates anew, tells the other, and the call goes on; the old allocation ends by itself', async () => {
  const call = await Call.start(6, FAIR);
  call.runFor(20 * MINUTE);
  const before = call.alice.relay;
  call.alice.nat.rebind();
  call.runFor(20 * MINUTE);
  expect(call.alice.relay).not.toEqual(before);
  expect(call.alice.moves).toBe(1);
  expect(call.edge.ended.map(({ reason }) => reason)).toEqual(['refreshed-to-zero', 'expired']); // the other's, and the lost one
  expect(call.edge.allocations).toBe(2);
  const heard = call.alice.heard;
  call.runFor(MINUTE);
  expect(call.alice.heard).toBeGreaterThan(heard);
  await call.hangUp();
});

test('when its credential expires a call ends, to the second, and nobody is let in with it again', async () => {
  const call = await Call.start(7, FAIR, 90 * 60);
  const end = Number(call.alice.client.talker.credential.username.split(':')[0]) * 1000;
  call.runFor(end - call.now - 1000);
  expect(call.edge.allocations).toBe(2);
  const heard = call.alice.heard;
  call.letPass(1000);
  expect(call.edge.allocations).toBe(0);
  expect(call.edge.ended.map(({ reason }) => reason)).toEqual(['credential-expired', 'credential-expired']);
  call.letPass(MINUTE);
  expect(call.alice.heard - heard).toBeLessThanOrEqual(2); // what was on its way
  expect(call.alice.client.refresh(600)?.code).toBe(401);
  expect(call.alice.client.allocate()?.code).toBe(401);
  await call.hangUp();
});

test('a request that is repeated, by the network or by the client, is obeyed once and answered the same', async () => {
  const call = await Call.start(8, { ...FAIR, duplication: 1 });
  call.runFor(30 * MINUTE);
  expect([call.edge.allocations, call.edge.quotas.reserved]).toEqual([2, 2]);
  const third = call.guestClient();
  third.allocate(); // learns the nonce, and takes an allocation
  third.refresh(0);
  const message = third.talker.request(METHODS.Allocate, allocateWith({}));
  const answer = third.exchange(message);
  call.letPass(8000);
  expect(third.exchange(message)?.bytes).toEqual(answer?.bytes);
  expect([call.edge.allocations, call.edge.quotas.reserved]).toEqual([3, 3]);
  third.refresh(0);
  third.close();
  await call.hangUp();
});

test('clients that vanish leave nothing behind once their lifetimes are over', async () => {
  const call = await Call.start(9, FOUL);
  call.runFor(10 * MINUTE);
  call.vanish();
  call.letPass(HOUR);
  expect(call.edge.left()).toEqual(NOTHING_LEFT);
  expect(call.edge.ended.map(({ reason }) => reason)).toEqual(['expired', 'expired']);
});

/** One end of a call, behind a NAT of its own. */
class Party {
  readonly client: SimulatedClient;
  readonly nat: NatBox;
  relay!: TransportAddress;
  other!: TransportAddress;
  moves = 0;
  heard = 0;

  constructor(client: SimulatedClient, nat: NatBox) {
    this.client = client;
    this.nat = nat;
  }
}

/** When each network may be let in by each party's relay: what the edge is held to. */
interface Grant {
  from: number;
  until: number;
}

class Call {
  readonly #clock = new VirtualClock(START);
  readonly #random: Dice;
  readonly #network: SimulatedNetwork;
  readonly #stranger: SimulatedHost;
  readonly #guest: SimulatedHost;
  readonly #guestMay: Grant[] = [];
  #isOn = true;
  edge!: SimulatedEdge;
  alice!: Party;
  bob!: Party;
  said = 0;
  guestHeard = 0;

  static async start(seed: number, weather: Weather, lifetimeSeconds?: number): Promise<Call> {
    const call = new Call(seed, weather);
    const world = { clock: call.#clock, network: call.#network, random: call.#random };
    call.edge = await SimulatedEdge.start(world, {
      external: { address: EDGE, tcp: [], peers: { allow: [EDGE] } },
      credentials: { secrets: ['north-wind'] },
    });
    call.alice = call.#party('10.0.0.2', '8.8.4.4', lifetimeSeconds);
    call.bob = call.#party('10.0.1.2', '9.9.4.4', lifetimeSeconds);
    call.#connect(call.alice);
    call.#connect(call.bob);
    call.#every(1000, () => call.#talk());
    call.#every(7000, () => call.#knock());
    return call;
  }

  private constructor(seed: number, weather: Weather) {
    this.#random = dice(seed);
    this.#network = new SimulatedNetwork(this.#clock, this.#random, weather);
    this.#stranger = new SimulatedHost(this.#network, at('1.1.1.1', 5000));
    this.#guest = new SimulatedHost(this.#network, at('1.0.0.1', 5000));
  }

  get now(): number {
    return this.#clock.now;
  }

  get lost(): number {
    return this.said - this.alice.heard - this.bob.heard;
  }

  /** Both do what clients do, every three minutes; now and then the guest is let in. */
  runFor(millis: number): void {
    for (const until = this.now + millis; this.now < until; ) {
      for (const party of [this.alice, this.bob]) this.#keepUp(party);
      if (this.#random(4) === 0) this.#letGuestIn();
      this.#clock.advance(Math.min(3 * MINUTE, Math.max(0, until - this.now)));
    }
    this.#clock.advance(500); // what is on its way arrives
  }

  letPass(millis: number): void {
    this.#clock.advance(millis);
  }

  vanish(): void {
    this.#isOn = false;
    for (const { client } of [this.alice, this.bob]) client.close();
  }

  /** Both end their allocations, and then there is nothing left of the call. */
  async hangUp(): Promise<void> {
    this.#isOn = false;
    for (const { client } of [this.alice, this.bob]) {
      client.refresh(0);
      client.close();
    }
    this.letPass(MINUTE);
    expect(this.edge.left()).toEqual(NOTHING_LEFT);
    await this.edge.stop();
    this.#stranger.socket.close();
    this.#guest.socket.close();
    expect(this.#network.openSockets).toBe(0);
  }

  /** A third client, with a credential of its own. */
  guestClient(): SimulatedClient {
    const world = { clock: this.#clock, network: this.#network, random: this.#random };
    return new SimulatedClient(world, at('1.0.0.1', 5001), at(EDGE, 3478), this.edge.mint('guest'));
  }

  #party(inside: string, outside: string, lifetimeSeconds: number | undefined): Party {
    const world = { clock: this.#clock, network: this.#network, random: this.#random };
    const nat = new NatBox(parseIp(outside)!, this.#random, 'address-and-port-dependent');
    this.#network.putBehind(nat, parseIp(inside)!);
    const credential = this.edge.mint(inside, lifetimeSeconds);
    const client = new SimulatedClient(world, at(inside, 40_000), at(EDGE, 3478), credential);
    const party = new Party(client, nat);
    client.onArrived = ({ from, payload }) => this.#hear(party, from, String.fromCharCode(payload[0]!));
    party.relay = client.relayed()[0]!;
    return party;
  }

  #hear(party: Party, from: TransportAddress | number, who: string): void {
    if (who === 'S') throw new Error('the stranger was heard');
    if (who === 'G') {
      this.guestHeard++;
      this.#expectGuestMay(party);
      return;
    }
    expect(from).toBe(CHANNEL);
    party.heard++;
  }

  /** A permission lasts 300 s from its success (RFC 8656 §9), which was some moment between its first sending and its answer. */
  #expectGuestMay(party: Party): void {
    const latest = FOUL.mostDelay * 2;
    const may = this.#guestMay.some(({ from, until }) => this.now >= from && this.now <= until + 300_000 + latest);
    expect(may && party === this.alice).toBe(true);
  }

  #connect(party: Party): void {
    const other = party === this.alice ? this.bob : this.alice;
    party.other = other.relay;
    expect(party.client.bind(CHANNEL, other.relay)?.summary).toBe('success');
  }

  #keepUp(party: Party): void {
    const refreshed = party.client.refresh(600);
    if (refreshed?.code === 437) this.#move(party);
    else expect(isSuccess(refreshed)).toBe(true);
    expect(isSuccess(party.client.bind(CHANNEL, party.other))).toBe(true);
  }

  /** Its address is another one: a new allocation, and signalling tells the other party where. */
  #move(party: Party): void {
    party.moves++;
    party.relay = party.client.relayed()[0]!;
    const other = party === this.alice ? this.bob : this.alice;
    // A channel keeps its peer for 600 s and may not be bound to another: the other party allocates anew as well.
    other.client.refresh(0);
    other.relay = other.client.relayed()[0]!;
    this.#connect(party);
    this.#connect(other);
  }

  #letGuestIn(): void {
    const grant = { from: this.now, until: Infinity };
    this.#guestMay.push(grant);
    const reply = this.alice.client.permit(at('1.0.0.1', 0));
    grant.until = this.now;
    expect(isSuccess(reply)).toBe(true);
  }

  #talk(): void {
    for (const party of [this.alice, this.bob]) {
      party.client.sendOn(CHANNEL, payload('M'));
      this.said++;
    }
  }

  /** Whoever knows a relayed address may send to it; and a client may try to reach whom it has no permission for. */
  #knock(): void {
    for (const { relay, client } of [this.alice, this.bob]) {
      this.#stranger.socket.send(relay, payload('S'));
      this.#guest.socket.send(relay, payload('G'));
      client.indicate(at('1.1.1.1', 5000), payload('X'));
    }
    expect(this.#stranger.got).toEqual([]);
  }

  #every(millis: number, act: () => void): void {
    const again = () => {
      if (!this.#isOn) return;
      act();
      this.#clock.after(millis, again);
    };
    this.#clock.after(millis, again);
  }
}

function isSuccess(reply: Reply | undefined): boolean {
  return reply?.isSuccess === true;
}

function payload(who: string): Uint8Array {
  return Uint8Array.from({ length: 160 }, () => who.charCodeAt(0));
}

function at(ip: string, port: number): TransportAddress {
  return withPort(parseIp(ip)!, port);
}
