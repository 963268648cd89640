import { strict as assert } from 'node:assert';
import type { ClientId, RelayId } from '../wire/index.ts';
import type { Allocation } from './allocation.ts';
import type { Relay } from './relay.ts';

/** All allocations, found by a client's or a relay's number. Both are small integers, so both tables are arrays. */
export class Allocations {
  readonly #all = new Set<Allocation>();
  readonly #byClient: (Allocation | undefined)[] = [];
  readonly #byRelay: (Allocation | undefined)[] = [];
  readonly #freeRelays: RelayId[] = [];
  #relayCount = 0;

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): IterableIterator<Allocation> {
    return this.#all.values();
  }

  /** The allocation of a 5-tuple. */
  of(client: ClientId): Allocation | undefined {
    return this.#byClient[client];
  }

  byRelay(relay: RelayId): Allocation | undefined {
    return this.#byRelay[relay];
  }

  relay(id: RelayId): Relay | undefined {
    return this.#byRelay[id]?.relays.find(relay => relay.id === id);
  }

  /** A number no relay has: those given back first, so that the tables stay as small as the most relays there ever were at once. */
  freshRelay(): RelayId {
    return this.#freeRelays.pop() ?? (this.#relayCount++ as RelayId);
  }

  add(allocation: Allocation): void {
    assert(this.#byClient[allocation.client.id] === undefined, 'a 5-tuple has one allocation at most');
    this.#all.add(allocation);
    put(this.#byClient, allocation.client.id, allocation);
    for (const relay of allocation.relays) put(this.#byRelay, relay.id, allocation);
  }

  remove(allocation: Allocation): void {
    assert(this.#all.delete(allocation), 'an allocation ends once');
    this.#byClient[allocation.client.id] = undefined;
    for (const { id } of allocation.relays) {
      this.#byRelay[id] = undefined;
      this.#freeRelays.push(id);
    }
  }
}

/** Grows the array step by step: a hole would turn it into a dictionary. */
function put(table: (Allocation | undefined)[], at: number, allocation: Allocation): void {
  while (table.length < at) table.push(undefined);
  table[at] = allocation;
}
