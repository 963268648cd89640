import { expect, test } from 'vitest';
import { SimulatedNetwork } from '../../src/dataplane/index.ts';
import type { Refusal } from '../../src/turn/index.ts';
import { ATTRIBUTES, parseIp, type TransportAddress, withPort } from '../../src/wire/index.ts';
import { type Dice, dice, VirtualClock } from '../testkit/index.ts';
import { SimulatedClient } from '../testkit/simulated-client.ts';
import { NOTHING_LEFT, SimulatedEdge } from '../testkit/simulated-edge.ts';
import type { Reply } from '../testkit/turn-reply.ts';
import type { AllocateWish } from '../testkit/turn-talker.ts';

/*
 * Allocations come and go in every way there is, under quotas and a port range that are often used up, for weeks of virtual time.
 * Afterwards everything must be back: a port or a quota that leaks once in a thousand times would be seen.
 */

const START = 1_800_000_000_000;
const CLIENTS = 60;
const STEPS = 100_000;
/** As few as make every step meet a full range now and then. */
const PORTS = { first: 50_000, last: 50_031 };
const SECOND = 1000;
/** What it must have met, so that it is known to have been crowded. */
const WALLS = [
  'allocation-mismatch',
  'bad-request',
  'channel-limit',
  'no-ports',
  'peer-family-mismatch',
  'prefix-quota',
  'reservation-unknown',
  'stale-nonce',
  'total-quota',
  'user-quota',
] as const;

test('after a hundred thousand allocations, refreshes, ends and disappearances in a crowd every port, quota and flow is back', async () => {
  const field = await Field.start(20261121);
  for (let step = 0; step < STEPS; step++) {
    field.step();
    if (step % 10_000 === 0) field.expectConsistent();
  }
  for (const wall of WALLS) expect(field.refused(wall), wall).toBeGreaterThan(100);
  await field.expectNothingLeft();
}, 120_000);

class Field {
  readonly #clock = new VirtualClock(START);
  readonly #random: Dice;
  readonly #network: SimulatedNetwork;
  readonly #clients: SimulatedClient[] = [];
  readonly #tokens: Uint8Array[] = [];
  readonly #acts: readonly ((client: SimulatedClient) => void)[] = [
    client => this.#allocate(client),
    client => this.#allocate(client),
    client => this.#allocate(client),
    client => this.#saw(client.refresh(0)),
    client => this.#saw(client.refresh(1 + this.#random(1200))),
    client => this.#saw(client.refresh(1 + this.#random(1200))),
    client => this.#saw(client.permit(this.#peer(4), this.#peer(4))),
    client => this.#saw(client.bind(this.#channel(), this.#peer(this.#random(2) === 0 ? 4 : 6))),
    client => {
      client.indicate(this.#peer(4), new Uint8Array(20));
      client.sendOn(this.#channel(), new Uint8Array(20));
    },
    () => this.#clock.advance(this.#random(40 * SECOND)), // many allocations end because nobody refreshes them
  ];
  #edge!: SimulatedEdge;

  static async start(seed: number): Promise<Field> {
    const field = new Field(seed);
    const world = { clock: field.#clock, network: field.#network, random: field.#random };
    field.#edge = await SimulatedEdge.start(world, {
      external: { address: ['198.51.100.1', '2001:db8::1'], tcp: [] },
      relayPorts: `${PORTS.first}-${PORTS.last}`,
      credentials: { users: { ann: 'a', ben: 'b', cay: 'c', dan: 'd' } },
      limits: { allocations: 34, allocationsPerUser: 10, allocationsPerPrefix: 8, channelsPerAllocation: 1 },
      lifetimes: { nonce: '4h' },
    });
    for (let i = 0; i < CLIENTS; i++) field.#clients.push(field.#client(i));
    for (const client of field.#clients) field.#learnNonce(client);
    return field;
  }

  private constructor(seed: number) {
    this.#random = dice(seed);
    this.#network = new SimulatedNetwork(this.#clock, this.#random);
  }

  /** One thing happens to one client. */
  step(): void {
    const act = this.#acts[this.#random(this.#acts.length)]!;
    act(this.#clients[this.#random(CLIENTS)]!);
  }

  refused(refusal: Refusal): number {
    return this.#edge.refusals.get(refusal) ?? 0;
  }

  /** Ports in use and quotas taken are those of the allocations there are. */
  expectConsistent(): void {
    const { allocations, relays, ports, clients, reservations } = this.#edge.left();
    expect(this.#edge.quotas.reserved).toBe(allocations);
    expect(clients).toBe(allocations);
    expect(ports).toBe(relays + reservations);
    expect(relays).toBeLessThanOrEqual(2 * allocations);
  }

  async expectNothingLeft(): Promise<void> {
    this.#clock.advance(2 * 3600 * SECOND);
    expect(this.#edge.left()).toEqual(NOTHING_LEFT);
    await this.#edge.stop();
    for (const client of this.#clients) client.close();
    expect(this.#network.openSockets).toBe(0);
  }

  /** Strangers are answered to an Allocate only. */
  #learnNonce(client: SimulatedClient): void {
    client.allocate();
    client.refresh(0);
  }

  #allocate(client: SimulatedClient): void {
    const reply = client.allocate(this.#wish());
    this.#saw(reply);
    const token = reply?.value(ATTRIBUTES.ReservationToken);
    if (token !== undefined) this.#tokens.push(token);
  }

  #wish(): AllocateWish {
    switch (this.#random(7)) {
      case 0:
        return { evenPort: 'even' };
      case 1:
        return { evenPort: 'even-and-next' };
      case 2:
        return { family: 6 };
      case 3:
        return { dual: true };
      case 4: {
        const token = this.#tokens.splice(this.#random(this.#tokens.length + 1), 1)[0];
        return token === undefined ? {} : { token };
      }
      default:
        return {};
    }
  }

  #saw(reply: Reply | undefined): void {
    if (reply === undefined) throw new Error('a request was not answered');
  }

  #client(i: number): SimulatedClient {
    const world = { clock: this.#clock, network: this.#network, random: this.#random };
    const user = ['ann', 'ben', 'cay', 'dan'][i % 4]!;
    const address = at(`192.0.${i % 5}.${i + 1}`, 40_000);
    return new SimulatedClient(world, address, this.#edge.listeners[0]!, { username: user, password: user[0]! });
  }

  #channel(): number {
    return 0x4000 + this.#random(5);
  }

  #peer(family: 4 | 6): TransportAddress {
    const n = 1 + this.#random(3);
    return family === 4 ? at(`8.8.8.${n}`, 4000) : at(`2606:4700::${n}`, 4000);
  }
}

function at(ip: string, port: number): TransportAddress {
  return withPort(parseIp(ip)!, port);
}
