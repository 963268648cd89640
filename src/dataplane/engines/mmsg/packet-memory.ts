import { Arena, CMSGHDR, IOVEC, MMSGHDR, type Native, type Pointer, SOCKADDR } from '../../../native/index.ts';
import { HEADROOM } from '../../engine.ts';

/** Datagrams that may lie in memory at once, received and not yet sent on. */
export const SLOTS = 256;
/** Datagrams that may wait for one flush. */
export const QUEUE = 1024;
/** Sockets that may be reported ready at once. */
export const EVENTS = 256;
/** The longest that is received at once: a datagram, or a run of them that the kernel put together. */
export const LONGEST = 65_536;
/** Room for copies of what does not lie in a slot. */
export const COPIES = 1024 * 1024;
/** Room for one control message with an int. */
export const CONTROL = CMSGHDR.size + 8;

/** Not a multiple of a page: the beginnings of all slots would share a few cache lines. */
const SLOT = HEADROOM + LONGEST + 64;
const CONTROL_PLACE = 32;
const EVENT = 16;
const CACHE_LINE = 64;

/** Message headers and what they point at; all as offsets in words. */
export interface Headers {
  readonly headers: number;
  readonly vectors: number;
  readonly names: number;
  readonly controls: number;
}

export const HEADER_WORDS = MMSGHDR.size / 4;
export const VECTOR_WORDS = IOVEC.size / 4;
export const NAME_WORDS = SOCKADDR.place / 4;
export const CONTROL_WORDS = CONTROL_PLACE / 4;

/**
 * The one piece of memory that packets pass through, with every header the kernel reads and writes at a place of its own. Pointers are
 * made here, once; afterwards only lengths and lower words change.
 */
export class PacketMemory {
  readonly arena: Arena;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly received: Headers;
  readonly toSend: Headers;
  /** The byte where the copies begin. */
  readonly copies: number;
  /** The word where the events begin. */
  readonly events: number;
  readonly eventsPointer: Pointer;

  constructor(native: Native) {
    const plan = new Plan();
    plan.take(SLOTS * SLOT); // slots are at 0
    this.copies = plan.take(COPIES);
    const received = headersIn(plan, SLOTS);
    const toSend = headersIn(plan, QUEUE);
    const events = plan.take(EVENTS * EVENT);
    this.arena = new Arena(native, plan.end);
    this.bytes = this.arena.bytes;
    this.words = this.arena.words;
    this.received = this.#link(received, SLOTS);
    this.toSend = this.#link(toSend, QUEUE);
    this.#pointAtSlots();
    this.events = events / 4;
    this.eventsPointer = this.arena.pointer(events);
  }

  /** The byte where a slot's datagram begins; HEADROOM is in front of it. */
  startOf(slot: number): number {
    return slot * SLOT + HEADROOM;
  }

  /** Each header points at the name, vector and control that have its number. */
  #link(at: Places, count: number): Headers {
    const { arena } = this;
    for (let i = 0; i < count; i++) {
      const header = at.headers + i * MMSGHDR.size;
      arena.setPointer(header + MMSGHDR.name, at.names + i * SOCKADDR.place);
      arena.setPointer(header + MMSGHDR.iov, at.vectors + i * IOVEC.size);
      arena.setPointer(header + MMSGHDR.control, at.controls + i * CONTROL_PLACE);
      arena.setPointer(at.vectors + i * IOVEC.size + IOVEC.base, 0);
      this.words[(header + MMSGHDR.iovLength) / 4] = 1;
    }
    const { headers, vectors, names, controls } = at;
    return { headers: headers / 4, vectors: vectors / 4, names: names / 4, controls: controls / 4 };
  }

  #pointAtSlots(): void {
    const { headers, vectors } = this.received;
    for (let slot = 0; slot < SLOTS; slot++) {
      const header = headers + slot * HEADER_WORDS;
      const vector = vectors + slot * VECTOR_WORDS;
      this.arena.setPointer(vector * 4 + IOVEC.base, this.startOf(slot));
      this.words[vector + IOVEC.length / 4] = LONGEST;
      this.words[header + MMSGHDR.nameLength / 4] = SOCKADDR.v6;
      this.words[header + MMSGHDR.controlLength / 4] = CONTROL;
    }
  }
}

interface Places {
  readonly headers: number;
  readonly vectors: number;
  readonly names: number;
  readonly controls: number;
}

function headersIn(plan: Plan, count: number): Places {
  return {
    headers: plan.take(count * MMSGHDR.size),
    vectors: plan.take(count * IOVEC.size),
    names: plan.take(count * SOCKADDR.place),
    controls: plan.take(count * CONTROL_PLACE),
  };
}

/** Gives out consecutive places, each at the beginning of a cache line. */
class Plan {
  end = 0;

  take(length: number): number {
    const at = this.end;
    this.end = Math.ceil((at + length) / CACHE_LINE) * CACHE_LINE;
    return at;
  }
}
