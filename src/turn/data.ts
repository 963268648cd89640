import {
  dataIndicationEnd,
  type PeerAddress,
  type RelayId,
  writeDataIndication,
  writeMsDataIndication,
} from '../wire/index.ts';
import type { Core } from './core.ts';

/** A transaction id of the Microsoft dialect; RFC 8489 takes 12 bytes of it. */
const ID_LENGTH = 16;
/** Transaction ids drawn at a time. */
const DRAWN = 128;

/** Data indications (RFC 8656 §11.3, MS-TURN §1.3): what a permitted peer sent without a channel, wrapped where it lies. Makes no objects. */
export class DataIndications {
  readonly #core: Core;
  readonly #transactionId = new Uint8Array(ID_LENGTH);
  #drawn: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  onPeerData(relay: RelayId, peer: PeerAddress, bytes: Uint8Array, start: number, end: number): void {
    const allocation = this.#core.allocations.byRelay(relay);
    if (allocation === undefined || allocation.opening !== undefined) return;
    const isMs = allocation.microsoft !== undefined;
    const id = this.#nextTransactionId();
    const from = (isMs ? writeMsDataIndication : writeDataIndication)(bytes, start, end, peer, id);
    const until = isMs ? end : dataIndicationEnd(start, end);
    if (from >= 0) this.#core.sink.toClient(allocation.client.id, bytes, from, until);
  }

  /** Random, as RFC 8489 §5 asks, but drawn many at a time: dice are dear. */
  #nextTransactionId(): Uint8Array {
    if (this.#at === this.#drawn.length) {
      this.#drawn = this.#core.settings.randomBytes(DRAWN * ID_LENGTH);
      this.#at = 0;
    }
    for (let i = 0; i < ID_LENGTH; i++) this.#transactionId[i] = this.#drawn[this.#at++]!;
    return this.#transactionId;
  }
}
