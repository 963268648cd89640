import { Arena, IOVEC, MMSGHDR, type Native, type Pointer, SOCKADDR } from '../native/index.ts';
import { LONGEST_MESSAGE } from './datagrams.ts';

/** Datagrams received at once. */
export const RECEIVE = 64;
/** Datagrams that may wait for one flush. */
export const SEND = 512;
/** Sockets that may be reported ready at once. */
export const EVENTS = 256;

/** Not a multiple of a page: the beginnings of all slots would share a few cache lines. */
const SLOT = LONGEST_MESSAGE + 64;
const EVENT = 16;

export const HEADER_WORDS = MMSGHDR.size / 4;
export const VECTOR_WORDS = IOVEC.size / 4;

/** What the kernel reads and writes, each part at a place of its own; pointers are made once. Offsets are in bytes. */
export class MessageMemory {
  readonly arena: Arena;
  readonly receiveSlots = 0;
  readonly sendSlots = this.receiveSlots + RECEIVE * SLOT;
  readonly receiveHeaders = this.sendSlots + SEND * SLOT;
  readonly sendHeaders = this.receiveHeaders + RECEIVE * MMSGHDR.size;
  readonly receiveVectors = this.sendHeaders + SEND * MMSGHDR.size;
  readonly sendVectors = this.receiveVectors + RECEIVE * IOVEC.size;
  readonly receiveNames = this.sendVectors + SEND * IOVEC.size;
  readonly events = this.receiveNames + RECEIVE * SOCKADDR.place;
  readonly destinations = this.events + EVENTS * EVENT;
  /** The address of each header that is sent. */
  readonly sendPointers: readonly Pointer[];
  readonly receivePointer: Pointer;
  readonly eventsPointer: Pointer;

  constructor(native: Native, destinations: number) {
    this.arena = new Arena(native, this.destinations + destinations * SOCKADDR.place);
    this.receivePointer = this.arena.pointer(this.receiveHeaders);
    this.eventsPointer = this.arena.pointer(this.events);
    this.sendPointers = Array.from({ length: SEND }, (_, i) => this.arena.pointer(this.sendHeaders + i * MMSGHDR.size));
    for (let i = 0; i < RECEIVE; i++) this.#linkReceive(i);
    for (let i = 0; i < SEND; i++) this.#linkSend(i);
  }

  receiveSlot(i: number): number {
    return this.receiveSlots + i * SLOT;
  }

  sendSlot(i: number): number {
    return this.sendSlots + i * SLOT;
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
    this.arena.words[(vector + IOVEC.length) / 4] = LONGEST_MESSAGE;
  }

  #linkSend(i: number): void {
    const header = this.sendHeaders + i * MMSGHDR.size;
    this.#link(header, this.sendVectors + i * IOVEC.size, this.sendSlot(i));
    this.arena.setPointer(header + MMSGHDR.name, this.destinations);
  }

  #link(header: number, vector: number, slot: number): void {
    this.arena.setPointer(header + MMSGHDR.iov, vector);
    this.arena.words[(header + MMSGHDR.iovLength) / 4] = 1;
    this.arena.setPointer(vector + IOVEC.base, slot);
  }
}
