import type { Engine, RelayTraffic, Traffic } from '../dataplane/index.ts';
import type { AllocationRecord, Effect } from '../turn/index.ts';
import type { ClientId, RelayId } from '../wire/index.ts';

/** What performing an effect needs to tell beyond the engine. */
export interface EffectEvents {
  onRefusal(effect: Extract<Effect, { do: 'count-refusal' }>): void;
  onAllocationEnded(record: AllocationRecord, traffic: RelayTraffic): void;
}

/** Carries out what the state machines ask for, in order. The one place where an effect becomes a deed. */
export class Performer {
  readonly #engine: Engine;
  readonly #events: EffectEvents;
  readonly #open = new Map<RelayId, ClientId>();
  /** What a client's relays carried that are closed already: for the record when its allocation ends. */
  readonly #carried = new Map<ClientId, RelayTraffic>();

  constructor(engine: Engine, events: EffectEvents) {
    this.#engine = engine;
    this.#events = events;
  }

  /** Whose relay it is; undefined when it is not open. */
  clientOf(relay: RelayId): ClientId | undefined {
    return this.#open.get(relay);
  }

  onRelayFailed(relay: RelayId): void {
    this.#open.delete(relay);
  }

  perform(effects: readonly Effect[]): void {
    for (const effect of effects) this.#do(effect);
  }

  #do(effect: Effect): void {
    const engine = this.#engine;
    switch (effect.do) {
      case 'reply':
        return engine.toClient(effect.client, effect.bytes, 0, effect.bytes.length);
      case 'open-relay':
        this.#open.set(effect.relay, effect.client);
        return engine.openRelay(effect);
      case 'close-relay':
        return this.#close(effect.relay);
      case 'release-reservation':
        return engine.releaseReservation(effect.ip, effect.port);
      case 'permit':
        return engine.permit(effect.relay, effect.peer);
      case 'forbid':
        return engine.forbid(effect.relay, effect.peer);
      case 'install-channel':
        return engine.installChannel(effect.relay, effect.channel, effect.peer);
      case 'remove-channel':
        return engine.removeChannel(effect.relay, effect.channel);
      case 'count-refusal':
        return this.#events.onRefusal(effect);
      case 'allocation-ended':
        return this.#ended(effect.allocation);
      default:
        return effect satisfies never;
    }
  }

  #close(relay: RelayId): void {
    const traffic = this.#engine.closeRelay(relay);
    const client = this.#open.get(relay);
    this.#open.delete(relay);
    if (client !== undefined) this.#carried.set(client, sum(this.#carried.get(client) ?? NOTHING, traffic));
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
