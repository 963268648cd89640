import {
  CMSGHDR,
  type Libc,
  MMSGHDR,
  type Native,
  readAddress,
  SOCKADDR,
  SOL_UDP,
  UDP_GRO,
} from '../../../native/index.ts';
import { AddressBuffer, type RelayId } from '../../../wire/index.ts';
import type { Forwarder } from '../../forwarder.ts';
import type { BatchSocket } from './batch-socket.ts';
import {
  CONTROL,
  CONTROL_WORDS,
  HEADER_WORDS,
  LONGEST,
  NAME_WORDS,
  type PacketMemory,
  SLOTS,
} from './packet-memory.ts';
import type { SendBatch } from './send-batch.ts';

const NAME_LENGTH = MMSGHDR.nameLength / 4;
const CONTROL_LENGTH = MMSGHDR.controlLength / 4;
const LENGTH = MMSGHDR.length / 4;
const LEVEL = CMSGHDR.level / 4;
const TYPE = CMSGHDR.type / 4;
const SEGMENT = CMSGHDR.size / 4;

/** The most that is taken from one socket at once, so that the others have their turn. */
export const MOST_AT_ONCE = 64;

/** Trains come and go: who had one is asked for as many again, until this many reads in a row had use for half at most. */
const PATIENCE = 32;

/** Receives into slots and hands what came to the forwarder. A slot is used again after the flush that sent it on. */
export class ReceiveBatch {
  readonly #libc: Libc;
  readonly #memory: PacketMemory;
  readonly #sends: SendBatch;
  readonly #from = new AddressBuffer();
  #free = 0;

  constructor({ libc }: Native, memory: PacketMemory, sends: SendBatch) {
    this.#libc = libc;
    this.#memory = memory;
    this.#sends = sends;
  }

  /** Ends a round: everything received in it has been sent on or dropped. */
  flush(): void {
    this.#sends.flush();
    this.#free = 0;
  }

  /** Reads a socket once and returns how many datagrams (or runs) there were. */
  read(socket: BatchSocket, forwarder: Forwarder): number {
    if (SLOTS - this.#free < socket.want) {
      this.#sends.flush();
      this.#free = 0;
    }
    const first = this.#free;
    const got =
      socket.want === 1 && !socket.receivesRuns ? this.#receiveOne(socket, first) : this.#receive(socket, first);
    if (got <= 0) return 0; // an error, if there was one, told of a datagram that was sent: its queue tells more
    this.#free += got;
    if (socket.isRelay && socket.want > 1) expectLess(socket, got);
    for (let slot = first; slot < first + got; slot++) this.#deliver(slot, socket, forwarder);
    return got;
  }

  #receive(socket: BatchSocket, slot: number): number {
    const { arena, received } = this.#memory;
    return this.#libc.recvmmsg(
      socket.fd,
      arena.pointer((received.headers + slot * HEADER_WORDS) * 4),
      socket.want,
      0,
      0,
    );
  }

  /** The kernel spends less on a datagram that comes without a header. */
  #receiveOne(socket: BatchSocket, slot: number): number {
    const { arena, received, words } = this.#memory;
    const header = received.headers + slot * HEADER_WORDS;
    const name = arena.pointer((received.names + slot * NAME_WORDS) * 4);
    const nameLength = arena.pointer((header + NAME_LENGTH) * 4);
    const into = arena.pointer(this.#memory.startOf(slot));
    const length = this.#libc.recvfrom(socket.fd, into, LONGEST, 0, name, nameLength);
    if (length < 0) return -1;
    words[header + LENGTH] = length;
    words[header + CONTROL_LENGTH] = 0;
    return 1;
  }

  #deliver(slot: number, socket: BatchSocket, forwarder: Forwarder): void {
    const { words, received } = this.#memory;
    const header = received.headers + slot * HEADER_WORDS;
    const length = words[header + LENGTH]!;
    readAddress(words, received.names + slot * NAME_WORDS, this.#from);
    words[header + NAME_LENGTH] = SOCKADDR.v6;
    const start = this.#memory.startOf(slot);
    if (words[header + CONTROL_LENGTH] === 0) {
      words[header + CONTROL_LENGTH] = CONTROL;
      this.#one(socket, forwarder, start, start + length);
      return;
    }
    words[header + CONTROL_LENGTH] = CONTROL;
    this.#run(socket, forwarder, start, length, this.#segmentOf(slot, length));
  }

  #one(socket: BatchSocket, forwarder: Forwarder, start: number, end: number): void {
    const { w0, w1, w2, w3, port } = this.#from;
    const { bytes } = this.#memory;
    if (socket.isRelay) {
      forwarder.datagramFromPeer(socket.owner as RelayId, w0, w1, w2, w3, port, bytes, start, end);
    } else {
      forwarder.datagramFromClient(socket.owner, w0, w1, w2, w3, port, bytes, start, end);
    }
  }

  /** Datagrams that the kernel put together: all but the last are `size` bytes long. */
  #run(socket: BatchSocket, forwarder: Forwarder, start: number, length: number, size: number): void {
    let at = start;
    for (const last = start + length - size; at < last; at += size) {
      // A peer's datagram needs room around it; a client's is taken where it lies.
      const from = socket.isRelay ? this.#sends.copy(this.#memory.bytes, at, at + size) : at;
      this.#one(socket, forwarder, from, from + size);
    }
    this.#one(socket, forwarder, at, start + length);
  }

  #segmentOf(slot: number, length: number): number {
    const { words, received } = this.#memory;
    const control = received.controls + slot * CONTROL_WORDS;
    const isSize = words[control + LEVEL] === SOL_UDP && words[control + TYPE] === UDP_GRO;
    const size = isSize ? words[control + SEGMENT]! : length;
    return size > 0 ? size : length;
  }
}

/** Asking too often costs a turn of the event loop, asking for too many a look at an empty queue: a hundred times less. */
function expectLess(socket: BatchSocket, got: number): void {
  if (2 * got > socket.want) socket.spared = 0;
  else if (++socket.spared === PATIENCE) {
    socket.spared = 0;
    socket.want >>= 1;
  }
}
