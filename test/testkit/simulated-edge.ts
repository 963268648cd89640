import { loadConfig } from '../../src/control/config/index.ts';
import type { ConfigInput } from '../../src/control/index.ts';
import type { Credentials } from '../../src/credentials/index.ts';
import { MemoryEngine, type SimulatedNetwork } from '../../src/dataplane/index.ts';
import type { Quotas } from '../../src/policy/index.ts';
import { quotasAtHand } from '../../src/server/allocation-quotas.ts';
import { alternatesAmong } from '../../src/server/alternates.ts';
import {
  answerBudgetFrom,
  credentialsFrom,
  ownRelaysFrom,
  peerFilterFrom,
  quotasFrom,
  turnSettingsFrom,
} from '../../src/server/from-config.ts';
import { Performer } from '../../src/server/perform.ts';
import { questionsOf } from '../../src/server/questions.ts';
import { SelfTest } from '../../src/server/self-test.ts';
import { addressesOf, sideOf, sidesFrom } from '../../src/server/sides.ts';
import { type AllocationRecord, type Effect, type Refusal, TurnServer } from '../../src/turn/index.ts';
import { type TransportAddress, withPort } from '../../src/wire/index.ts';
import type { Dice } from './dice.ts';
import type { ClientCredential } from './turn-talker.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface World {
  readonly clock: VirtualClock;
  readonly network: SimulatedNetwork;
  readonly random: Dice;
}

/** The parts of an edge joined as `server` joins them, but on the simulated network and the virtual clock. */
export class SimulatedEdge {
  readonly engine: MemoryEngine;
  readonly quotas: Quotas;
  readonly ended: AllocationRecord[] = [];
  readonly refusals = new Map<Refusal, number>();
  readonly listeners: TransportAddress[] = [];
  readonly #world: World;
  readonly #credentials: Credentials;
  readonly #performer: Performer;
  readonly #turn: TurnServer;
  #wakesAt = Infinity;

  static async start(world: World, config: ConfigInput): Promise<SimulatedEdge> {
    const edge = new SimulatedEdge(world, config);
    for (const listener of edge.listeners) await edge.engine.listen(listener);
    return edge;
  }

  private constructor(world: World, input: ConfigInput) {
    const { config, problems } = loadConfig(JSON.stringify(input), 'simulated');
    if (config === undefined) throw new Error(problems.map(({ message }) => message).join('; '));
    const { clock, network, random } = world;
    for (const { addresses, udp } of sidesFrom(config)) {
      for (const { local } of addresses.all) {
        network.addHost(local);
        for (const port of udp) this.listeners.push(withPort(local, port));
      }
    }
    this.#world = world;
    this.#credentials = credentialsFrom(config);
    this.quotas = quotasFrom(config);
    const own = addressesOf(config, 'external');
    const selfTest = new SelfTest(
      () => [],
      () => clock.now,
    );
    this.engine = new MemoryEngine({
      network,
      own: ownRelaysFrom(config, false, peer => selfTest.mayReach(peer)),
      random,
      relayPorts: config.relayPorts,
      upcalls: {
        fromClient: (client, bytes, start, end) =>
          this.#did(this.#turn.onMessage(client, bytes, start, end, clock.now)),
        fromPeer: (relay, peer, bytes, start, end) => this.#turn.onPeerData(relay, peer, bytes, start, end),
        relayOpened: (relay, address, reserved) =>
          this.#did(this.#turn.onRelayOpened(relay, address, reserved, clock.now)),
        relayFailed: (relay, why) => {
          this.#performer.onRelayFailed(relay);
          this.#did(this.#turn.onRelayFailed(relay, why, clock.now));
        },
      },
    });
    this.#performer = new Performer(this.engine, {
      onRefusal: ({ refusal }) => this.refusals.set(refusal, (this.refusals.get(refusal) ?? 0) + 1),
      onAllocationEnded: record => this.ended.push(record),
      onLastRelayClosed: () => {},
    });
    const endpoints = this.listeners.flatMap(listener => [listener, own.advertised(listener)]);
    const questions = questionsOf({
      realm: config.realm,
      clock: { now: () => clock.now, wall: () => clock.now, fromWall: instant => instant },
      credentials: this.#credentials,
      peers: peerFilterFrom(config, endpoints),
      quotas: quotasAtHand(this.quotas),
      answers: answerBudgetFrom(config),
      own,
      alternateOf: alternatesAmong(this.listeners.filter(listener => sideOf(config, listener) === 'external')),
      sideOf: local => sideOf(config, local),
      selfTest,
    });
    const randomBytes = (length: number) => Uint8Array.from({ length }, () => random(256));
    const settings = { ...turnSettingsFrom(config, this.engine), nonceKey: randomBytes(32), randomBytes };
    this.#turn = new TurnServer(settings, questions, this.engine);
  }

  get allocations(): number {
    return this.#turn.counts().allocations;
  }

  mint(user: string, lifetimeSeconds?: number): ClientCredential {
    const minted = this.#credentials.mint(user, lifetimeSeconds, this.#world.clock.now);
    if (typeof minted === 'string') throw new Error(minted);
    return minted;
  }

  /** Everything in which something left behind would show. */
  left() {
    const { allocations, permissions, channels, reservations } = this.#turn.counts();
    const engines = this.listeners.map(listener => this.engine.inUse(listener));
    const ports = engines.reduce((sum, inUse) => sum + inUse.ports.used + inUse.ports.held, 0);
    const { clients, flows, relays } = engines[0]!;
    const quotas = this.quotas.reserved + this.quotas.size;
    const timers = this.#turn.nextDeadline() === Infinity ? 0 : 1;
    return { allocations, permissions, channels, reservations, clients, flows, relays, ports, quotas, timers };
  }

  async stop(): Promise<void> {
    this.#did(this.#turn.stop(this.#world.clock.now));
    await this.engine.close();
  }

  #did(effects: readonly Effect[]): void {
    this.#performer.perform(effects);
    const next = this.#turn.nextDeadline();
    if (next >= this.#wakesAt) return;
    this.#wakesAt = next;
    this.#world.clock.at(next, () => this.#wake(next));
  }

  #wake(appointed: number): void {
    if (appointed !== this.#wakesAt) return; // an earlier one came in between
    this.#wakesAt = Infinity;
    this.#did(this.#turn.onDeadline(this.#world.clock.now));
  }
}

export const NOTHING_LEFT = {
  allocations: 0,
  permissions: 0,
  channels: 0,
  reservations: 0,
  clients: 0,
  flows: 0,
  relays: 0,
  ports: 0,
  quotas: 0,
  timers: 0,
};
