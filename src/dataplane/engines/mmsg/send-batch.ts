import {
  CMSGHDR,
  errno,
  IOVEC,
  type Libc,
  MMSGHDR,
  type Native,
  SOL_UDP,
  UDP_MAX_SEGMENTS,
  UDP_SEGMENT,
  writeAddress,
} from '../../../native/index.ts';
import type { TransportAddress } from '../../../wire/index.ts';
import type { DropReason } from '../../engine.ts';
import { HEADROOM, TAILROOM } from '../../engine.ts';
import { type BatchSocket, NOTHING } from './batch-socket.ts';
import {
  CONTROL,
  CONTROL_WORDS,
  COPIES,
  HEADER_WORDS,
  NAME_WORDS,
  type PacketMemory,
  QUEUE,
  VECTOR_WORDS,
} from './packet-memory.ts';

// Word offsets within a header, a vector and a control message.
const NAME = MMSGHDR.name / 4;
const NAME_LENGTH = MMSGHDR.nameLength / 4;
const VECTOR = MMSGHDR.iov / 4;
const VECTORS = MMSGHDR.iovLength / 4;
const CONTROL_LENGTH = MMSGHDR.controlLength / 4;
const BASE = IOVEC.base / 4;
const LENGTH = IOVEC.length / 4;
const SEGMENT = CMSGHDR.size / 4;

/** The bytes of a run may not be more than one datagram could carry. */
const MOST_IN_RUN = 65_000;

/**
 * What is to be sent in this turn. Each socket's datagrams are chained in the order they came; a flush hands every socket's chain to
 * the kernel in one call, and runs of equal-sized datagrams to one address as one message. Nothing is copied that lies in packet memory
 * already, and nothing is allocated.
 */
export class SendBatch {
  readonly #libc: Libc;
  readonly #memory: PacketMemory;
  readonly #onDrop: (reason: DropReason) => void;
  readonly #start = new Int32Array(QUEUE);
  readonly #length = new Int32Array(QUEUE);
  readonly #next = new Int32Array(QUEUE);
  readonly #waiting: (BatchSocket | undefined)[] = Array.from({ length: QUEUE });
  #sockets = 0;
  #queued = 0;
  #copied = 0;

  constructor({ libc }: Native, memory: PacketMemory, onDrop: (reason: DropReason) => void) {
    this.#libc = libc;
    this.#memory = memory;
    this.#onDrop = onDrop;
    const { words, toSend } = memory;
    for (let i = 0; i < QUEUE; i++) {
      const control = toSend.controls + i * CONTROL_WORDS;
      words[control + CMSGHDR.length / 4] = CMSGHDR.size + 2;
      words[control + CMSGHDR.level / 4] = SOL_UDP;
      words[control + CMSGHDR.type / 4] = UDP_SEGMENT;
    }
  }

  get isEmpty(): boolean {
    return this.#queued === 0;
  }

  /** Bytes in packet memory are borrowed until the next flush; others are copied. */
  add(socket: BatchSocket, to: TransportAddress, bytes: Uint8Array, start: number, end: number): void {
    if (this.#queued === QUEUE) this.flush();
    const at = bytes === this.#memory.bytes ? start : this.copy(bytes, start, end);
    const entry = this.#queued++;
    this.#start[entry] = at;
    this.#length[entry] = end - start;
    this.#next[entry] = NOTHING;
    writeAddress(this.#memory.words, this.#memory.toSend.names + entry * NAME_WORDS, socket.family, to);
    if (socket.tail === NOTHING) {
      socket.head = entry;
      this.#waiting[this.#sockets++] = socket;
    } else {
      this.#next[socket.tail] = entry;
    }
    socket.tail = entry;
  }

  /** A copy in packet memory with room around it, good until the next flush; may flush to make room. */
  copy(bytes: Uint8Array, start: number, end: number): number {
    const room = (HEADROOM + end - start + TAILROOM + 3) & ~3;
    if (this.#copied + room > COPIES) this.flush();
    const at = this.#memory.copies + this.#copied + HEADROOM;
    this.#copied += room;
    if (bytes === this.#memory.bytes) bytes.copyWithin(at, start, end);
    else this.#memory.bytes.set(bytes.subarray(start, end), at);
    return at;
  }

  /** Hands everything to the kernel. */
  flush(): void {
    for (let i = 0; i < this.#sockets; i++) {
      const socket = this.#waiting[i]!;
      this.#waiting[i] = undefined;
      if (socket.head === socket.tail) this.#sendOne(socket);
      else this.#send(socket, this.#build(socket));
      socket.head = NOTHING;
      socket.tail = NOTHING;
    }
    this.#sockets = 0;
    this.#queued = 0;
    this.#copied = 0;
  }

  /** Writes a socket's chain as messages and returns how many they are. */
  #build(socket: BatchSocket): number {
    const { words, toSend } = this.#memory;
    const length = this.#length;
    let vector = 0;
    let message = 0;
    for (let entry = socket.head; entry !== NOTHING; message++) {
      const first = entry;
      const size = length[entry]!;
      const firstVector = vector;
      let total = size;
      this.#writeVector(vector++, entry);
      entry = this.#next[entry]!;
      if (size <= socket.largestInRun && size > 0) {
        while (entry !== NOTHING && this.#continues(socket, first, entry, total, vector - firstVector)) {
          const isShort = length[entry]! < size;
          total += length[entry]!;
          this.#writeVector(vector++, entry);
          entry = this.#next[entry]!;
          if (isShort) break; // only a run's last datagram may be shorter
        }
      }
      const header = toSend.headers + message * HEADER_WORDS;
      words[header + NAME] = this.#memory.arena.low((toSend.names + first * NAME_WORDS) * 4);
      words[header + NAME_LENGTH] = socket.nameLength;
      words[header + VECTOR] = this.#memory.arena.low((toSend.vectors + firstVector * VECTOR_WORDS) * 4);
      words[header + VECTORS] = vector - firstVector;
      words[header + CONTROL_LENGTH] = 0;
      if (vector - firstVector > 1) this.#writeSegment(header, message, size);
    }
    return message;
  }

  #writeVector(vector: number, entry: number): void {
    const { words, toSend, arena } = this.#memory;
    const at = toSend.vectors + vector * VECTOR_WORDS;
    words[at + BASE] = arena.low(this.#start[entry]!);
    words[at + LENGTH] = this.#length[entry]!;
  }

  #writeSegment(header: number, message: number, size: number): void {
    const { words, toSend } = this.#memory;
    words[header + CONTROL_LENGTH] = CONTROL;
    words[toSend.controls + message * CONTROL_WORDS + SEGMENT] = size;
  }

  /** Whether an entry can go into the run that `first` began. */
  #continues(socket: BatchSocket, first: number, entry: number, total: number, count: number): boolean {
    const size = this.#length[entry]!;
    if (size > this.#length[first]! || size === 0 || count === UDP_MAX_SEGMENTS || total + size > MOST_IN_RUN)
      return false;
    const { words, toSend } = this.#memory;
    const one = toSend.names + first * NAME_WORDS;
    const other = toSend.names + entry * NAME_WORDS;
    if (words[one] !== words[other] || words[one + 1] !== words[other + 1]) return false;
    if (socket.family === 4) return true;
    for (let i = 2; i < 6; i++) if (words[one + i] !== words[other + i]) return false;
    return true;
  }

  /** A lone datagram needs no header. */
  #sendOne(socket: BatchSocket): void {
    const { arena, toSend } = this.#memory;
    const entry = socket.head;
    const bytes = arena.pointer(this.#start[entry]!);
    const to = arena.pointer((toSend.names + entry * NAME_WORDS) * 4);
    const length = this.#length[entry]!;
    if (this.#libc.sendto(socket.fd, bytes, length, 0, to, socket.nameLength) >= 0) return;
    const why = this.#libc.errno();
    if (isFull(why)) this.#onDrop('send-queue-full');
    else if (!mayBeLate(why, socket)) this.#onDrop('send-error');
    else if (this.#libc.sendto(socket.fd, bytes, length, 0, to, socket.nameLength) < 0) this.#onDrop('send-error');
  }

  #send(socket: BatchSocket, count: number): void {
    const { arena, toSend } = this.#memory;
    let retried = NOTHING;
    for (let at = 0; at < count; ) {
      const sent = this.#libc.sendmmsg(
        socket.fd,
        arena.pointer((toSend.headers + at * HEADER_WORDS) * 4),
        count - at,
        0,
      );
      if (sent > 0) {
        at += sent;
        continue;
      }
      const why = this.#libc.errno();
      if (isFull(why)) {
        this.#dropAll(at, count);
        return;
      }
      if (retried !== at && mayBeLate(why, socket)) retried = at;
      else if (this.#vectorsOf(at) > 1) this.#sendSingly(socket, at++, why);
      else {
        this.#onDrop('send-error');
        at++;
      }
    }
  }

  /** The kernel is full: what is left is dropped and counted, since waiting would hold up everybody. */
  #dropAll(from: number, to: number): void {
    for (let message = from; message < to; message++) {
      for (let i = this.#vectorsOf(message); i > 0; i--) this.#onDrop('send-queue-full');
    }
  }

  /** A run was refused: its datagrams go one by one, and this socket makes smaller runs, or none, from now on. */
  #sendSingly(socket: BatchSocket, message: number, why: number): void {
    const { words, toSend, arena } = this.#memory;
    const header = toSend.headers + message * HEADER_WORDS;
    const vectors = this.#vectorsOf(message);
    const tooLarge = why === errno.EMSGSIZE || why === errno.EINVAL;
    socket.largestInRun = tooLarge ? words[toSend.controls + message * CONTROL_WORDS + SEGMENT]! - 1 : 0;
    words[header + VECTORS] = 1;
    words[header + CONTROL_LENGTH] = 0;
    for (let i = 0; i < vectors; i++) {
      if (this.#libc.sendmmsg(socket.fd, arena.pointer(header * 4), 1, 0) !== 1) this.#onDrop('send-error');
      words[header + VECTOR] = (words[header + VECTOR]! + IOVEC.size) | 0;
    }
  }

  #vectorsOf(message: number): number {
    const { words, toSend } = this.#memory;
    return words[toSend.headers + message * HEADER_WORDS + VECTORS]!;
  }
}

function isFull(why: number): boolean {
  return why === errno.EAGAIN || why === errno.ENOBUFS;
}

/** Whether an error may be an earlier datagram's, told late by ICMP: then this one has not been tried yet. */
function mayBeLate(why: number, socket: BatchSocket): boolean {
  return socket.isRelay && why !== errno.EINVAL && (why !== errno.EMSGSIZE || socket.doesFragment);
}
