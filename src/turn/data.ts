import {
  ATTRIBUTES,
  CLASSES,
  type ClientId,
  dataIndicationEnd,
  type Family,
  familyOf,
  type Icmp,
  METHODS,
  MessageWriter,
  MS_TRANSACTION_ID_LENGTH,
  type PeerAddress,
  type RelayId,
  writeDataIndication,
  writeMsDataIndication,
} from '../wire/index.ts';
import type { Core } from './core.ts';

const ID_LENGTH = 12;
/** Destination unreachable and time exceeded; for ICMPv6 also packet too big (RFC 8656 §11.5). */
const TOLD = { 4: [3, 11], 6: [1, 2, 3] } as const satisfies Record<Family, readonly number[]>;
/** A header, XOR-PEER-ADDRESS and ICMP. */
const ERROR_ROOM = 20 + 24 + 12;
/** Random bytes drawn at a time: for more than a hundred transaction ids. */
const DRAWN = 2048;

/** Data indications (RFC 8656 §11.3, MS-TURN §1.3): what a permitted peer sent without a channel, wrapped where it lies. Makes no objects. */
export class DataIndications {
  readonly #core: Core;
  readonly #transactionId = new Uint8Array(ID_LENGTH);
  readonly #msTransactionId = new Uint8Array(MS_TRANSACTION_ID_LENGTH);
  #drawn: Uint8Array = new Uint8Array(0);
  #at = 0;
  readonly #error = new Uint8Array(ERROR_ROOM);

  constructor(core: Core) {
    this.#core = core;
  }

  onPeerData(relay: RelayId, peer: PeerAddress, bytes: Uint8Array, start: number, end: number): void {
    const allocation = this.#core.allocations.byRelay(relay);
    if (allocation === undefined || allocation.opening !== undefined) return;
    if (allocation.microsoft === undefined) this.#standard(allocation.client.id, peer, bytes, start, end);
    else this.#microsoft(allocation.client.id, peer, bytes, start, end);
  }

  #standard(client: ClientId, peer: PeerAddress, bytes: Uint8Array, start: number, end: number): void {
    const from = writeDataIndication(bytes, start, end, peer, this.#fresh(this.#transactionId));
    if (from >= 0) this.#core.sink.toClient(client, bytes, from, dataIndicationEnd(start, end));
  }

  #microsoft(client: ClientId, peer: PeerAddress, bytes: Uint8Array, start: number, end: number): void {
    const from = writeMsDataIndication(bytes, start, end, peer, this.#fresh(this.#msTransactionId));
    if (from >= 0) this.#core.sink.toClient(client, bytes, from, end);
  }

  /** What came back for a datagram of the client's. It carries no DATA: nothing came from the peer. */
  onError(relay: RelayId, peer: PeerAddress, icmp: Icmp): void {
    const allocation = this.#core.allocations.byRelay(relay);
    if (allocation === undefined || allocation.opening !== undefined) return;
    if (allocation.microsoft !== undefined) return; // that dialect has no words for it
    const told: readonly number[] = TOLD[familyOf(peer)];
    if (!told.includes(icmp.type)) return;
    const id = this.#fresh(this.#transactionId);
    const message = new MessageWriter(this.#error, 0, METHODS.Data, CLASSES.indication, id)
      .xorAddress(ATTRIBUTES.XorPeerAddress, peer)
      .icmp(icmp).message;
    this.#core.sink.toClient(allocation.client.id, message, 0, message.length);
  }

  /** Random, as RFC 8489 §5 asks, but drawn many at a time: dice are dear. */
  #fresh(id: Uint8Array): Uint8Array {
    if (this.#at + id.length > this.#drawn.length) {
      this.#drawn = this.#core.settings.randomBytes(DRAWN);
      this.#at = 0;
    }
    for (let i = 0; i < id.length; i++) id[i] = this.#drawn[this.#at++]!;
    return id;
  }
}
