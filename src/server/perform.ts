import type { Engine, RelayTraffic } from '../dataplane/index.ts';
import type { AllocationRecord, Effect } from '../turn/index.ts';
import type { ClientId, RelayId } from '../wire/index.ts';

/** What performing an effect needs to tell beyond the engine. */
export interface EffectEvents {
  onRefusal(effect: Extract<Effect, { do: 'count-refusal' }>): void;
  onAllocationEnded(record: AllocationRecord, traffic: RelayTraffic, client: ClientId | undefined): void;
}

interface OpenRelay {
  readonly client: ClientId;
}

/** Carries out what the state machines ask for, in order. The one place where an effect becomes a deed. */
export class Performer {
  readonly #engine: Engine;
  readonly #events: EffectEvents;
  readonly #open = new Map<RelayId, OpenRelay>();
  /** Relays closed since the last `allocation-ended`, whose record will want what they carried. */
  readonly #closed = new Map<RelayId, OpenRelay & { readonly traffic: RelayTraffic }>();

  constructor(engine: Engine, events: EffectEvents) {
    this.#engine = engine;
    this.#events = events;
  }

  /** Whose relay it is; undefined when it is not open. */
  clientOf(relay: RelayId): ClientId | undefined {
    return this.#open.get(relay)?.client;
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
        this.#open.set(effect.relay, { client: effect.client });
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
    const open = this.#open.get(relay);
    this.#open.delete(relay);
    if (open !== undefined) this.#closed.set(relay, { ...open, traffic });
  }

  #ended(record: AllocationRecord): void {
    const closed = record.relays.flatMap(({ relay }) => this.#closed.get(relay) ?? []);
    this.#closed.clear();
    this.#events.onAllocationEnded(record, sum(closed.map(c => c.traffic)), closed[0]?.client);
  }
}

function sum(all: readonly RelayTraffic[]): RelayTraffic {
  const total = (side: 'toPeers' | 'toClients', unit: 'datagrams' | 'bytes') => all.reduce((n, t) => n + t[side][unit], 0);
  return {
    toPeers: { datagrams: total('toPeers', 'datagrams'), bytes: total('toPeers', 'bytes') },
    toClients: { datagrams: total('toClients', 'datagrams'), bytes: total('toClients', 'bytes') },
  };
}
