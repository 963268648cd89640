import {
  AddressBuffer,
  type ClientAddress,
  type ClientId,
  sameAddress,
  type Transport,
  type TransportAddress,
} from '../wire/index.ts';
import type { Client, StreamSink } from './engine.ts';
import { RecycledIds } from './recycled-ids.ts';
import { NONE, TupleTable } from './tuple-table.ts';

const NO_LISTENER = -1;

/** One client's 5-tuple as the data plane keeps it. `listener` is the index of the UDP socket that reaches it. */
export class ClientRecord implements Client {
  id: ClientId;
  readonly transport: Transport;
  readonly address: ClientAddress & AddressBuffer;
  local: TransportAddress;
  listener: number;
  sink: StreamSink | undefined;
  /** Open relays, the open stream and running upcalls. A kept record ends with its last hold. */
  holds = 0;
  kept = false;

  constructor(id: ClientId, transport: Transport, local: TransportAddress, listener: number) {
    this.id = id;
    this.transport = transport;
    this.address = new AddressBuffer() as ClientAddress & AddressBuffer;
    this.local = local;
    this.listener = listener;
  }
}

/**
 * Who the clients are: 5-tuple to record. Every UDP stranger is shown through one borrowed record, which becomes a kept one (under the
 * same id) when it is held; the next stranger gets another id. So a flood from forged addresses leaves nothing behind.
 */
export class ClientTable {
  readonly #byAddress: TupleTable;
  readonly #records: (ClientRecord | undefined)[] = [];
  readonly #locals: TransportAddress[] = [];
  readonly #ids = new RecycledIds();
  #stranger: ClientRecord;
  #size = 0;

  constructor(random: (below: number) => number) {
    this.#byAddress = new TupleTable(random);
    this.#stranger = this.#newStranger();
  }

  /** The kept clients: those with a relay or a stream. */
  get size(): number {
    return this.#size;
  }

  addListener(local: TransportAddress): number {
    return this.#locals.push(local) - 1;
  }

  /** The listener that is bound there. */
  listenerAt(local: TransportAddress): number | undefined {
    const index = this.#locals.findIndex(one => sameAddress(one, local));
    return index < 0 ? undefined : index;
  }

  /** Whose datagram this is: a kept client's record or the borrowed one, which lasts until the next stranger's datagram. */
  arrived(listener: number, w0: number, w1: number, w2: number, w3: number, port: number): ClientRecord {
    const id = this.#byAddress.get(listener, w0, w1, w2, w3, port);
    return id === NONE ? this.#borrow(listener, w0, w1, w2, w3, port) : this.#records[id]!;
  }

  get(id: ClientId): ClientRecord | undefined {
    return id === this.#stranger.id ? this.#stranger : this.#records[id];
  }

  /** Keeps a client until as many releases. Undefined when the id names nobody (any more). */
  hold(id: ClientId): ClientRecord | undefined {
    const record = this.get(id);
    if (record === undefined) return undefined;
    record.holds++;
    if (!record.kept) this.#keep(record);
    return record;
  }

  release(record: ClientRecord): void {
    record.holds--;
    if (record.holds > 0) return;
    if (record.kept) this.#forget(record);
    else if (record !== this.#stranger) this.#ids.give(record.id);
  }

  openStream(
    transport: 'tcp' | 'tls',
    address: ClientAddress,
    local: TransportAddress,
    sink: StreamSink,
  ): ClientRecord {
    const record = new ClientRecord(this.#ids.take() as ClientId, transport, local, NO_LISTENER);
    record.address.set(address.w0, address.w1, address.w2, address.w3, address.port);
    record.sink = sink;
    record.holds = 1;
    this.#store(record);
    return record;
  }

  /** The stream is gone, whoever else still holds the client. */
  closeStream(id: ClientId): void {
    const record = this.#records[id];
    if (record?.sink === undefined) return;
    record.sink = undefined;
    this.release(record);
  }

  #borrow(listener: number, w0: number, w1: number, w2: number, w3: number, port: number): ClientRecord {
    const { w3: last3, w2: last2, w1: last1, w0: last0, port: lastPort } = this.#stranger.address;
    const same = lastPort === port && last3 === w3 && last2 === w2 && last1 === w1 && last0 === w0;
    if (same && this.#stranger.listener === listener) return this.#stranger;
    // A running upcall still speaks of the last stranger: leave that record to it.
    if (this.#stranger.holds > 0) this.#stranger = this.#newStranger();
    const stranger = this.#stranger;
    this.#ids.give(stranger.id);
    stranger.id = this.#ids.take() as ClientId;
    stranger.listener = listener;
    stranger.local = this.#locals[listener]!;
    stranger.address.set(w0, w1, w2, w3, port);
    return stranger;
  }

  #keep(record: ClientRecord): void {
    const { w0, w1, w2, w3, port } = record.address;
    this.#store(record);
    this.#byAddress.set(record.listener, w0, w1, w2, w3, port, record.id);
    this.#stranger = this.#newStranger();
  }

  #store(record: ClientRecord): void {
    while (this.#records.length <= record.id) this.#records.push(undefined); // dense: V8 keeps it an array
    this.#records[record.id] = record;
    record.kept = true;
    this.#size++;
  }

  #forget(record: ClientRecord): void {
    const { w0, w1, w2, w3, port } = record.address;
    record.kept = false;
    this.#records[record.id] = undefined;
    if (record.listener !== NO_LISTENER) this.#byAddress.delete(record.listener, w0, w1, w2, w3, port);
    this.#ids.give(record.id);
    this.#size--;
  }

  #newStranger(): ClientRecord {
    const nowhere = new AddressBuffer();
    return new ClientRecord(this.#ids.take() as ClientId, 'udp', nowhere, NO_LISTENER);
  }
}
