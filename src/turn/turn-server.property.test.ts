import fc from 'fast-check';
import { expect, test } from 'vitest';
import { peer, portOf, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import {
  ATTRIBUTES,
  formatIp,
  type LinkId,
  METHODS,
  MessageView,
  type PeerAddress,
  type RelayAddress,
  type RelayId,
  readConnectionId,
  withPort,
} from '../wire/index.ts';
import type { Effect } from './effects.ts';

/** An engine's view of the effects: each must make sense after those before it. */
class World {
  readonly bench: TurnBench;
  readonly clients: readonly TestClient[];
  readonly relays = new Map<
    RelayId,
    { ask: Extract<Effect, { do: 'open-relay' }>; permits: Set<string>; channels: Set<number> }
  >();
  readonly opening: RelayId[] = [];
  readonly links = new Map<LinkId, { relay: RelayId; state: 'connecting' | 'waiting' | 'bound' }>();
  /** The CONNECTION-ID that was heard last. */
  lastId = 0;
  readonly held = new Set<number>();
  readonly kept = new Map<number, number>();
  began = 0;
  ended = 0;

  constructor(bench: TurnBench, clients: readonly TestClient[]) {
    this.bench = bench;
    this.clients = clients;
  }

  /** `from` is the client whose message is being answered: it can be replied to without having a relay. */
  perform(effects: readonly Effect[], from?: number): void {
    for (const effect of effects) this.#one(effect, from);
    const next = this.bench.server.nextDeadline();
    expect(next).toBeGreaterThan(this.bench.now);
    const idle = this.bench.server.counts();
    expect(next === Infinity).toBe(idle.allocations + idle.reservations === 0);
    expect(this.bench.reservedNow).toBe(idle.allocations);
  }

  #one(effect: Effect, from: number | undefined): void {
    switch (effect.do) {
      case 'reply':
        expect(effect.client === from || (this.kept.get(effect.client) ?? 0) > 0).toBe(true);
        break;
      case 'open-relay':
        expect(this.relays.has(effect.relay)).toBe(false);
        if (typeof effect.port === 'object') expect(this.held.has(effect.port.reserved)).toBe(true);
        this.relays.set(effect.relay, { ask: effect, permits: new Set(), channels: new Set() });
        this.opening.push(effect.relay);
        this.kept.set(effect.client, (this.kept.get(effect.client) ?? 0) + 1);
        break;
      case 'close-relay':
        this.close(effect.relay);
        break;
      case 'release-reservation':
        expect(this.held.delete(effect.port)).toBe(true);
        break;
      case 'permit':
        expect(this.relays.get(effect.relay)!.permits.has(formatIp(effect.peer))).toBe(false);
        this.relays.get(effect.relay)!.permits.add(formatIp(effect.peer));
        break;
      case 'forbid':
        expect(this.relays.get(effect.relay)!.permits.delete(formatIp(effect.peer))).toBe(true);
        break;
      case 'install-channel':
        expect(this.relays.get(effect.relay)!.channels.has(effect.channel)).toBe(false);
        this.relays.get(effect.relay)!.channels.add(effect.channel);
        break;
      case 'remove-channel':
        expect(this.relays.get(effect.relay)!.channels.delete(effect.channel)).toBe(true);
        break;
      case 'allocation-ended':
        for (const { relay } of effect.allocation.relays) expect(this.relays.has(relay)).toBe(false);
        this.ended++;
        break;
      case 'send-to-peer':
        expect(this.relays.get(effect.relay)!.permits.has(formatIp(effect.peer))).toBe(true);
        break;
      case 'connect-link':
        expect(this.relays.has(effect.relay)).toBe(true);
        this.links.set(effect.link, { relay: effect.relay, state: 'connecting' });
        break;
      case 'bind-link':
        expect(this.links.get(effect.link)!.state).toBe('waiting');
        this.links.set(effect.link, { ...this.links.get(effect.link)!, state: 'bound' });
        break;
      case 'close-link':
        expect(this.links.get(effect.link)!.state).not.toBe('bound');
        this.links.delete(effect.link);
        break;
      case 'bind-elsewhere':
        expect.unreachable('there is one worker');
        break;
      case 'count-refusal':
        break;
    }
  }

  close(relay: RelayId): void {
    const open = this.relays.get(relay);
    expect(open).toBeDefined();
    this.relays.delete(relay);
    for (const [link, { relay: of }] of this.links) if (of === relay) this.links.delete(link);
    const at = this.opening.indexOf(relay);
    if (at >= 0) this.opening.splice(at, 1);
    this.kept.set(open!.ask.client, this.kept.get(open!.ask.client)! - 1);
  }

  /** The oldest link on its way is there, or is not; without one, the oldest of all breaks. */
  link(well: boolean): void {
    const { server, now } = this.bench;
    const connecting = [...this.links].find(([, { state }]) => state === 'connecting');
    const [link] = connecting ?? [...this.links][0] ?? [];
    if (link === undefined) return;
    if (well && connecting !== undefined) {
      this.links.set(link, { ...connecting[1], state: 'waiting' });
      const effects = server.onPeerConnected(link, now);
      this.#hear(effects);
      this.perform(effects);
    } else {
      this.links.delete(link);
      this.perform(server.onLinkClosed(link));
    }
  }

  /** A peer comes to the oldest TCP relay. */
  arrive(from: PeerAddress): void {
    const [relay] = [...this.relays].find(([, { ask }]) => ask.transport === 'tcp') ?? [];
    if (relay === undefined) return;
    const { link, effects } = this.bench.server.onPeerArrived(relay, from, this.bench.now);
    if (link !== undefined) {
      this.links.set(link, { relay, state: 'waiting' });
      this.#hear(effects);
    }
    this.perform(effects);
  }

  #hear(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do !== 'reply') continue;
      const view = new MessageView();
      view.read(effect.bytes, 0, effect.bytes.length);
      this.lastId = readConnectionId(view, view.find(ATTRIBUTES.ConnectionId)) ?? this.lastId;
    }
  }

  /** The engine comes to the oldest opening. */
  answer(well: boolean): void {
    const relay = this.opening.shift();
    if (relay === undefined) return;
    const { server, now } = this.bench;
    const { ask } = this.relays.get(relay)!;
    if (well) {
      const port = typeof ask.port === 'object' ? ask.port.reserved : portOf(relay);
      if (typeof ask.port === 'object') this.held.delete(port);
      const next = ask.port === 'even-and-next' ? 60_000 + this.held.size + this.began : undefined;
      if (next !== undefined) this.held.add(next);
      const effects = server.onRelayOpened(relay, withPort(ask.ip, port) as RelayAddress, next, now);
      this.began += effects.some(effect => effect.do === 'reply') ? 1 : 0;
      this.perform(effects);
    } else {
      // As engines do: the relay is gone, and its client is kept until the upcall returns.
      this.relays.delete(relay);
      const before = server.counts().allocations;
      const effects = server.onRelayFailed(relay, 'no-ports', now);
      const partly = effects.some(effect => effect.do === 'reply') && server.counts().allocations === before;
      this.began += partly ? 1 : 0;
      this.perform(effects);
      this.kept.set(ask.client, this.kept.get(ask.client)! - 1);
    }
  }
}

type Step = (world: World) => void;

const which = fc.nat(3);
const PEERS = [peer('203.0.113.1', 1), peer('203.0.113.1', 2), peer('203.0.113.2', 1), peer('2001:db8::9', 1)];
const somePeer = fc.constantFrom(...PEERS);

const ask =
  (n: number, act: (client: TestClient) => readonly Effect[]): Step =>
  world => {
    const client = world.clients[n]!;
    world.perform(act(client), client.tuple.id);
  };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(which, fc.constantFrom('plain', 'dual', 'even', 'pair', 'six')).map(([n, kind]) =>
      ask(n, client =>
        client.allocate(w => {
          if (kind === 'dual') w.family(ATTRIBUTES.AdditionalAddressFamily, 6);
          if (kind === 'six') w.family(ATTRIBUTES.RequestedAddressFamily, 6);
          if (kind === 'even' || kind === 'pair') w.evenPort(kind === 'pair');
        }),
      ),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.boolean().map(
      (well): Step =>
        world =>
          world.answer(well || world.bench.now % 2 === 0),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(which, fc.constantFrom(undefined, 0, 700, 3600), fc.constantFrom(undefined, 4, 6))
      .map(([n, seconds, family]) =>
        ask(n, client =>
          client.refresh(seconds, w => {
            if (family !== undefined) w.family(ATTRIBUTES.RequestedAddressFamily, family as 4 | 6);
          }),
        ),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(which, fc.array(somePeer, { minLength: 1, maxLength: 3 }))
      .map(([n, peers]) => ask(n, c => c.permit(...peers))),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(which, fc.integer({ min: 0x4000, max: 0x4003 }), somePeer)
      .map(([n, channel, to]) => ask(n, c => c.bind(channel, to))),
  },
  {
    weight: 4,
    arbitrary: fc.integer({ min: 1, max: 400_000 }).map(
      (milliseconds): Step =>
        world => {
          const until = world.bench.now + milliseconds;
          let last = world.bench.now;
          while (world.bench.server.nextDeadline() <= until) {
            const due = world.bench.server.nextDeadline();
            expect(due).toBeGreaterThanOrEqual(last);
            last = due;
            world.bench.now = due;
            world.perform(world.bench.server.onDeadline(due));
          }
          world.bench.now = until;
        },
    ),
  },
  {
    weight: 1,
    arbitrary: which.map(
      (n): Step =>
        world => {
          world.perform(world.bench.server.onClientGone(world.clients[n]!.tuple.id, world.bench.now));
        },
    ),
  },
  {
    weight: 2,
    arbitrary: which.map(n =>
      ask(n, client => client.request(METHODS.Allocate, w => w.raw(ATTRIBUTES.RequestedTransport, [6, 0, 0, 0]))),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(which, somePeer)
      .map(([n, to]) => ask(n, c => c.request(METHODS.Connect, w => w.xorAddress(ATTRIBUTES.XorPeerAddress, to)))),
  },
  {
    weight: 3,
    arbitrary: fc.boolean().map(
      (well): Step =>
        world =>
          world.link(well),
    ),
  },
  {
    weight: 2,
    arbitrary: somePeer.map(
      (from): Step =>
        world =>
          world.arrive(from),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.nat(1).map(
      (n): Step =>
        world => {
          const data = new TestClient(world.bench, 10 + n, { transport: 'tcp' });
          const effects = data.request(METHODS.ConnectionBind, w => w.uint32(ATTRIBUTES.ConnectionId, world.lastId));
          world.perform(effects, data.tuple.id);
        },
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>(world => world.perform(world.bench.server.kill('bob', world.bench.now))) },
);

test('whatever clients, engine and time do: effects make sense, quotas balance, and nothing is left in the end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const bench = new TurnBench({ nonceLifetimeSeconds: 4 * 3600 });
      const clients = [0, 1, 2, 3].map(id => new TestClient(bench, id, { transport: id % 2 === 0 ? 'udp' : 'tcp' }));
      clients[3]!.user = 'bob';
      const world = new World(bench, clients);
      for (const act of steps) act(world);
      world.perform(bench.server.stop(bench.now));
      expect(bench.server.counts()).toEqual({
        allocations: 0,
        connections: 0,
        permissions: 0,
        channels: 0,
        reservations: 0,
      });
      expect(bench.reservedNow).toBe(0);
      expect(world.relays.size).toBe(0);
      expect(world.held.size).toBe(0);
      expect(world.links.size).toBe(0);
      expect(world.ended).toBe(world.began);
      expect(bench.server.nextDeadline()).toBe(Infinity);
    }),
    { seed: 20261121, numRuns: 400 },
  );
});
