import { Arena, CMSGHDR, IOVEC, MMSGHDR, type Native, type Pointer, SOCKADDR } from '../native/index.ts';
import { LONGEST_MESSAGE } from './datagrams.ts';

/** Datagrams received at once. */
export const RECEIVE = 64;
/** Datagrams that may wait for one flush. */
export const SEND = 512;
/** Sockets that may be reported ready at once. */
export const EVENTS = 256;

/** The longest run of datagrams that arrives as one. */
export const LONGEST_RUN = 65_536;
/** Room for one control message with an int. */
export const CONTROL = CMSGHDR.size + 8;

/** Not multiples of a page: the beginnings of all slots would share a few cache lines. */
const SLOT = LONGEST_MESSAGE + 64;
const RUN_SLOT = LONGEST_RUN + 64;
const CONTROL_PLACE = 32;
const EVENT = 16;

export const HEADER_WORDS = MMSGHDR.size / 4;
export const VECTOR_WORDS = IOVEC.size / 4;

/** What the kernel reads and writes, each part at a place of its own; pointers are made once. Offsets are in bytes. */
export class MessageMemory {
  readonly arena: Arena;
  readonly sendSlots = 0;
  readonly receiveHeaders = this.sendSlots + SEND * SLOT;
  readonly sendHeaders = this.receiveHeaders + RECEIVE * MMSGHDR.size;
  readonly receiveVectors = this.sendHeaders + SEND * MMSGHDR.size;
  readonly sendVectors = this.receiveVectors + RECEIVE * IOVEC.size;
  readonly receiveNames = this.sendVectors + SEND * IOVEC.size;
  readonly events = this.receiveNames + RECEIVE * SOCKADDR.place;
  readonly receiveControls = this.events + EVENTS * EVENT;
  /** One for all: what carries it is sent by itself. */
  readonly sendControl = this.receiveControls + RECEIVE * CONTROL_PLACE;
  readonly destinations = this.sendControl + CONTROL_PLACE;
  /** The address of each header that is sent. */
  readonly sendPointers: readonly Pointer[];
  readonly receivePointer: Pointer;
  readonly eventsPointer: Pointer;
  /** What can be received at once: a run of datagrams, where that was asked for. */
  readonly longest: number;
  readonly #receiveSlots: number;
  readonly #receiveSlot: number;

  constructor(native: Native, destinations: number, receivesRuns: boolean) {
    this.longest = receivesRuns ? LONGEST_RUN : LONGEST_MESSAGE;
    this.#receiveSlot = receivesRuns ? RUN_SLOT : SLOT;
    this.#receiveSlots = this.destinations + destinations * SOCKADDR.place;
    this.arena = new Arena(native, this.#receiveSlots + RECEIVE * this.#receiveSlot);
    this.receivePointer = this.arena.pointer(this.receiveHeaders);
    this.eventsPointer = this.arena.pointer(this.events);
    this.sendPointers = Array.from({ length: SEND }, (_, i) => this.arena.pointer(this.sendHeaders + i * MMSGHDR.size));
    for (let i = 0; i < RECEIVE; i++) this.#linkReceive(i);
    for (let i = 0; i < SEND; i++) this.#linkSend(i);
  }

  receiveSlot(i: number): number {
    return this.#receiveSlots + i * this.#receiveSlot;
  }

  sendSlot(i: number): number {
    return this.sendSlots + i * SLOT;
  }

  receiveControl(i: number): number {
    return this.receiveControls + i * CONTROL_PLACE;
  }

  destination(i: number): number {
    return this.destinations + i * SOCKADDR.place;
  }

  #linkReceive(i: number): void {
    const header = this.receiveHeaders + i * MMSGHDR.size;
    const vector = this.receiveVectors + i * IOVEC.size;
    this.#link(header, vector, this.receiveSlot(i));
    this.arena.setPointer(header + MMSGHDR.name, this.receiveNames + i * SOCKADDR.place);
    this.arena.words[(header + MMSGHDR.nameLength) / 4] = SOCKADDR.v6;
    this.arena.setPointer(header + MMSGHDR.control, this.receiveControl(i));
    this.arena.words[(vector + IOVEC.length) / 4] = this.longest;
  }

  #linkSend(i: number): void {
    const header = this.sendHeaders + i * MMSGHDR.size;
    this.#link(header, this.sendVectors + i * IOVEC.size, this.sendSlot(i));
    this.arena.setPointer(header + MMSGHDR.name, this.destinations);
    this.arena.setPointer(header + MMSGHDR.control, this.sendControl);
  }

  #link(header: number, vector: number, slot: number): void {
    this.arena.setPointer(header + MMSGHDR.iov, vector);
    this.arena.words[(header + MMSGHDR.iovLength) / 4] = 1;
    this.arena.setPointer(vector + IOVEC.base, slot);
  }
}
