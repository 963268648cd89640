import { HEADROOM, TAILROOM } from '../engine.ts';

const ROOM = HEADROOM + 65_536 + TAILROOM;

/**
 * The buffers a packet passes through. When a kernel buffer is full libuv keeps the bytes of a send, so only bytes of ours may be sent
 * in place; whatever else is lent to us is copied first, and a buffer that libuv kept is replaced.
 */
export class PacketBuffers {
  #arrival = new Uint8Array(ROOM);
  #outgoing = new Uint8Array(ROOM);
  #ours: Uint8Array | undefined;

  /** Takes a datagram that node made for us alone. */
  adopt(datagram: Uint8Array): void {
    this.#ours = datagram;
  }

  /** Copies a datagram to HEADROOM of the buffer that is returned; it lasts until the next one. */
  arrive(datagram: Uint8Array): Uint8Array {
    this.#arrival.set(datagram, HEADROOM);
    this.#ours = this.#arrival;
    return this.#arrival;
  }

  isOurs(bytes: Uint8Array): boolean {
    return bytes === this.#ours;
  }

  /** A copy at the front of a buffer of ours. */
  copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
    this.#outgoing.set(bytes.subarray(start, end));
    return this.#outgoing;
  }

  /** libuv kept these bytes: they are not written again. */
  giveAway(bytes: Uint8Array): void {
    if (bytes === this.#arrival) this.#arrival = new Uint8Array(ROOM);
    if (bytes === this.#outgoing) this.#outgoing = new Uint8Array(ROOM);
    this.#ours = undefined;
  }
}
