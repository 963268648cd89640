import type { Engine, RelayTraffic, Traffic } from '../dataplane/index.ts';
import type { AllocationRecord, Effect } from '../turn/index.ts';
import { type ClientId, IdTable, type LinkId, type RelayId } from '../wire/index.ts';

/** What performing an effect needs to tell beyond the engine. */
export interface EffectEvents {
  onRefusal(effect: Extract<Effect, { do: 'count-refusal' }>): void;
  onAllocationEnded(record: AllocationRecord, traffic: RelayTraffic): void;
  /** A client has no relay any more, whether its allocation ended or never came about. */
  onLastRelayClosed?(client: ClientId): void;
  /** A client's connection is to carry bytes between it and a peer. */
  onBindLink?(link: LinkId, client: ClientId): void;
  /** The connection that a client wants is another worker's. */
  onBindElsewhere?(effect: Extract<Effect, { do: 'bind-elsewhere' }>): void;
}

/** Carries out what the state machines ask for, in order. The one place where an effect becomes a deed. */
export class Performer {
  readonly #engine: Engine;
  readonly #events: EffectEvents;
  readonly #open = new IdTable<RelayId, ClientId>();
  /** How many of them a client has. */
  readonly #relays = new IdTable<ClientId, number>();
  /** What a client's relays carried that are closed already: for the record when its allocation ends. */
  readonly #carried = new IdTable<ClientId, RelayTraffic>();

  constructor(engine: Engine, events: EffectEvents) {
    this.#engine = engine;
    this.#events = events;
  }

  /** Whose relay it is; undefined when it is not open. */
  clientOf(relay: RelayId): ClientId | undefined {
    return this.#open.get(relay);
  }

  onRelayFailed(relay: RelayId): void {
    this.#forget(relay);
  }

  /** Closes a relay that was opened in vain: its allocation was refused meanwhile. */
  abandon(relay: RelayId): void {
    this.#close(relay);
  }

  perform(effects: readonly Effect[]): void {
    for (const effect of effects) this.#do(effect);
  }

  #do(effect: Effect): void {
    const engine = this.#engine;
    switch (effect.do) {
      case 'reply':
        if (effect.via === undefined) engine.toClient(effect.client, effect.bytes, 0, effect.bytes.length);
        else engine.toClientVia(effect.client, effect.via.from, effect.via.port, effect.bytes);
        break;
      case 'open-relay':
        this.#open.set(effect.relay, effect.client);
        this.#relays.set(effect.client, (this.#relays.get(effect.client) ?? 0) + 1);
        engine.openRelay(effect);
        break;
      case 'close-relay':
        this.#close(effect.relay);
        break;
      case 'connect-link':
        engine.connectLink(effect.link, effect.relay, effect.peer);
        break;
      case 'bind-link':
        this.#events.onBindLink?.(effect.link, effect.client);
        break;
      case 'bind-elsewhere':
        this.#events.onBindElsewhere?.(effect);
        break;
      case 'close-link':
        engine.closeLink(effect.link);
        break;
      case 'release-reservation':
        engine.releaseReservation(effect.ip, effect.port);
        break;
      case 'permit':
        engine.permit(effect.relay, effect.peer);
        break;
      case 'forbid':
        engine.forbid(effect.relay, effect.peer);
        break;
      case 'install-channel':
        engine.installChannel(effect.relay, effect.channel, effect.peer);
        break;
      case 'remove-channel':
        engine.removeChannel(effect.relay, effect.channel);
        break;
      case 'send-to-peer':
        engine.toPeer(effect.relay, effect.peer, effect.bytes, effect.start, effect.end);
        break;
      case 'count-refusal':
        this.#events.onRefusal(effect);
        break;
      case 'allocation-ended':
        this.#ended(effect.allocation);
        break;
      default:
        effect satisfies never;
    }
  }

  #close(relay: RelayId): void {
    const traffic = this.#engine.closeRelay(relay);
    const client = this.#open.get(relay);
    // One that carried nothing may have been part of an allocation that failed, of which nobody will ask.
    if (
      client !== undefined &&
      (traffic.toPeers.bytes > 0 ||
        traffic.toClients.bytes > 0 ||
        traffic.toPeers.datagrams + traffic.toClients.datagrams > 0)
    )
      this.#carried.set(client, sum(this.#carried.get(client) ?? NOTHING, traffic));
    this.#forget(relay);
  }

  #forget(relay: RelayId): void {
    const client = this.#open.get(relay);
    if (client === undefined) return;
    this.#open.delete(relay);
    const left = this.#relays.get(client)! - 1;
    if (left > 0) {
      this.#relays.set(client, left);
      return;
    }
    this.#relays.delete(client);
    this.#events.onLastRelayClosed?.(client);
  }

  #ended(record: AllocationRecord): void {
    const traffic = this.#carried.get(record.clientId) ?? NOTHING;
    this.#carried.delete(record.clientId);
    this.#events.onAllocationEnded(record, traffic);
  }
}

const NOTHING: RelayTraffic = { toPeers: { datagrams: 0, bytes: 0 }, toClients: { datagrams: 0, bytes: 0 } };

function sum(a: RelayTraffic, b: RelayTraffic): RelayTraffic {
  return { toPeers: add(a.toPeers, b.toPeers), toClients: add(a.toClients, b.toClients) };
}

function add(a: Traffic, b: Traffic): Traffic {
  return { datagrams: a.datagrams + b.datagrams, bytes: a.bytes + b.bytes };
}
