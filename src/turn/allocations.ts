import { strict as assert } from 'node:assert';
import { type ClientId, IdTable, type RelayId } from '../wire/index.ts';
import type { Allocation } from './allocation.ts';
import type { Relay } from './relay.ts';

/** All allocations, found by a client's or a relay's number. */
export class Allocations {
  readonly #byClient = new IdTable<ClientId, Allocation>();
  readonly #byRelay = new IdTable<RelayId, Allocation>();
  readonly #freeRelays: RelayId[] = [];
  #relayCount = 0;

  get size(): number {
    return this.#byClient.size;
  }

  [Symbol.iterator](): IterableIterator<Allocation> {
    return this.#byClient[Symbol.iterator]();
  }

  /** The allocation of a 5-tuple. */
  of(client: ClientId): Allocation | undefined {
    return this.#byClient.get(client);
  }

  byRelay(relay: RelayId): Allocation | undefined {
    return this.#byRelay.get(relay);
  }

  relay(id: RelayId): Relay | undefined {
    return this.#byRelay.get(id)?.relays.find(relay => relay.id === id);
  }

  /** A number no relay has: those given back first, so that the tables stay as small as the most relays there ever were at once. */
  freshRelay(): RelayId {
    return this.#freeRelays.pop() ?? (this.#relayCount++ as RelayId);
  }

  add(allocation: Allocation): void {
    assert(!this.#byClient.has(allocation.client.id), 'a 5-tuple has one allocation at most');
    this.#byClient.set(allocation.client.id, allocation);
    for (const relay of allocation.relays) this.#byRelay.set(relay.id, allocation);
  }

  remove(allocation: Allocation): void {
    assert(this.#byClient.get(allocation.client.id) === allocation, 'an allocation ends once');
    this.#byClient.delete(allocation.client.id);
    for (const { id } of allocation.relays) {
      this.#byRelay.delete(id);
      this.#freeRelays.push(id);
    }
  }
}
