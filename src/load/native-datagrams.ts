import {
  boundTo,
  CMSGHDR,
  Epoll,
  IOVEC,
  lengthOfAddress,
  MMSGHDR,
  type Native,
  openUdp,
  receiveRuns,
  SOCKADDR,
  SOL_UDP,
  setBuffers,
  UDP_GRO,
  UDP_MAX_SEGMENTS,
  UDP_SEGMENT,
  writeAddress,
} from '../native/index.ts';
import { familyOf, type TransportAddress, withPort } from '../wire/index.ts';
import type { DatagramSink, DatagramSocketOptions, Datagrams } from './datagrams.ts';
import {
  CONTROL,
  EVENTS,
  HEADER_WORDS,
  LONGEST_RUN,
  MessageMemory,
  RECEIVE,
  SEND,
  VECTOR_WORDS,
} from './message-memory.ts';
import { ticksOf } from './stamp.ts';

const NAME = MMSGHDR.name / 4;
const NAME_LENGTH = MMSGHDR.nameLength / 4;
const LENGTH = IOVEC.length / 4;
const RECEIVED = MMSGHDR.length / 4;
const VECTORS = MMSGHDR.iovLength / 4;
const CONTROL_LENGTH = MMSGHDR.controlLength / 4;
const LEVEL = CMSGHDR.level / 4;
const TYPE = CMSGHDR.type / 4;
const SEGMENT = CMSGHDR.size / 4;
/** Asked of the kernel for sockets that carry everybody's packets. */
const BIG_BUFFER = 4 * 1024 * 1024;
/** Rounds in one turn, so that timers have theirs. */
const ROUNDS = 4;

interface Socket {
  readonly fd: number;
  readonly family: 4 | 6;
  readonly owner: number;
  readonly sink: DatagramSink | 'echo';
  readonly want: number;
}

/**
 * UDP sockets of libc behind one epoll, received from and sent through in batches; where runs are asked for, trains as one message each.
 * Nothing is allocated per datagram.
 */
export class NativeDatagrams implements Datagrams {
  readonly name = 'native';
  readonly bytes: Uint8Array;
  echoed = 0;
  refused = 0;
  readonly #native: Native;
  readonly #memory: MessageMemory;
  readonly #usesRuns: boolean;
  readonly #epoll: Epoll;
  readonly #now: () => number;
  readonly #sockets: (Socket | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #destinations: TransportAddress[] = [];
  /** The socket of each message that waits. */
  readonly #waiting = new Int32Array(SEND);
  #queued = 0;

  /** `now` is in milliseconds; `destinations` is how many addresses will be sent to. */
  constructor(native: Native, destinations: number, now: () => number, usesRuns = false) {
    this.#native = native;
    this.#now = now;
    this.#usesRuns = usesRuns;
    this.#memory = new MessageMemory(native, destinations, usesRuns);
    this.bytes = this.#memory.arena.bytes;
    this.#epoll = new Epoll(native);
    this.#epoll.start(() => this.#turn());
  }

  open({ at, owner, sink, want }: DatagramSocketOptions): number {
    const { libc } = this.#native;
    const family = familyOf(at);
    const fd = openUdp(libc, at, { family, reusePort: false });
    if (want >= RECEIVE) setBuffers(libc, fd, BIG_BUFFER);
    if (this.#usesRuns && !receiveRuns(libc, fd)) throw new Error('this system has no UDP_GRO');
    const socket = this.#free.pop() ?? this.#sockets.length;
    this.#sockets[socket] = { fd, family, owner, sink, want: Math.min(RECEIVE, Math.max(1, want)) };
    this.#epoll.add(fd, socket);
    return socket;
  }

  close(socket: number): void {
    const open = this.#sockets[socket];
    if (open === undefined) return;
    this.flush(); // its number could be another socket's by the time of the next one
    this.#sockets[socket] = undefined;
    this.#free.push(socket);
    this.#native.libc.close(open.fd); // leaves the epoll by itself
  }

  async boundTo(socket: number): Promise<TransportAddress> {
    const words = boundTo(this.#native.libc, this.#sockets[socket]!.fd);
    return withPort(words, words.port);
  }

  destination(address: TransportAddress): number {
    const number = this.#destinations.push(address) - 1;
    writeAddress(this.#memory.arena.words, this.#memory.destination(number) / 4, familyOf(address), address);
    return number;
  }

  reserve(): number {
    if (this.#queued === SEND) this.flush();
    return this.#memory.sendSlot(this.#queued);
  }

  commit(socket: number, destination: number, length: number): void {
    const { arena, sendHeaders, sendVectors } = this.#memory;
    const entry = this.#queued++;
    const header = sendHeaders / 4 + entry * HEADER_WORDS;
    this.#waiting[entry] = socket;
    arena.words[header + NAME] = arena.low(this.#memory.destination(destination));
    arena.words[header + NAME_LENGTH] = lengthOfAddress(this.#sockets[socket]!.family);
    arena.words[sendVectors / 4 + entry * VECTOR_WORDS + LENGTH] = length;
  }

  /** One call for each run of messages of one socket. */
  flush(): void {
    const count = this.#queued;
    this.#queued = 0;
    for (let at = 0; at < count; ) {
      const socket = this.#waiting[at]!;
      let end = at + 1;
      while (end < count && this.#waiting[end] === socket) end++;
      if (this.#usesRuns) this.#sendRuns(this.#sockets[socket], at, end);
      else this.#send(this.#sockets[socket], at, end);
      at = end;
    }
  }

  closeAll(): void {
    this.#queued = 0;
    for (let socket = 0; socket < this.#sockets.length; socket++) this.close(socket);
    this.#epoll.close();
  }

  #send(socket: Socket | undefined, from: number, to: number): void {
    if (socket === undefined) return;
    for (let at = from, failures = 0; at < to; ) {
      const sent = this.#native.libc.sendmmsg(socket.fd, this.#memory.sendPointers[at]!, to - at, 0);
      if (sent > 0) at += sent;
      else if (++failures > 1) {
        this.refused += to - at;
        return;
      } // else: the error may be an earlier datagram's, told late by ICMP
    }
  }

  /** Equal datagrams to one address go as one message (the last may be shorter). */
  #sendRuns(socket: Socket | undefined, from: number, to: number): void {
    if (socket === undefined) return;
    const { arena, sendHeaders } = this.#memory;
    for (let at = from; at < to; ) {
      const end = this.#endOfRun(at, to);
      const header = sendHeaders / 4 + at * HEADER_WORDS;
      if (end > at + 1) this.#writeRun(header, end - at, this.#lengthOf(at));
      if (this.#native.libc.sendmmsg(socket.fd, this.#memory.sendPointers[at]!, 1, 0) !== 1) this.refused += end - at;
      arena.words[header + VECTORS] = 1;
      arena.words[header + CONTROL_LENGTH] = 0;
      at = end;
    }
  }

  #writeRun(header: number, count: number, size: number): void {
    const { words } = this.#memory.arena;
    const control = this.#memory.sendControl / 4;
    words[header + VECTORS] = count;
    words[header + CONTROL_LENGTH] = CONTROL;
    words[control + CMSGHDR.length / 4] = CMSGHDR.size + 2;
    words[control + LEVEL] = SOL_UDP;
    words[control + TYPE] = UDP_SEGMENT;
    words[control + SEGMENT] = size;
  }

  #endOfRun(first: number, to: number): number {
    const { words } = this.#memory.arena;
    const destination = (entry: number) => words[this.#memory.sendHeaders / 4 + entry * HEADER_WORDS + NAME];
    const size = this.#lengthOf(first);
    const most = Math.min(to, first + UDP_MAX_SEGMENTS, first + Math.floor(LONGEST_RUN / (size + 1)));
    for (let end = first + 1; end < most; end++) {
      if (destination(end) !== destination(first) || this.#lengthOf(end) > size) return end;
      if (this.#lengthOf(end) < size) return end + 1;
    }
    return Math.max(first + 1, most);
  }

  #lengthOf(entry: number): number {
    return this.#memory.arena.words[this.#memory.sendVectors / 4 + entry * VECTOR_WORDS + LENGTH]!;
  }

  #turn(): void {
    const { epollEvent } = this.#native;
    const { arena, events, eventsPointer } = this.#memory;
    for (let round = 0; round < ROUNDS; round++) {
      const ready = this.#epoll.ready(eventsPointer, EVENTS);
      for (let i = 0; i < ready; i++) {
        const socket = this.#sockets[arena.words[(events + i * epollEvent.size + epollEvent.data) / 4]!];
        if (socket !== undefined) this.#receive(socket);
      }
      this.flush();
      if (ready <= 0) return;
    }
  }

  #receive(socket: Socket): void {
    if (this.#usesRuns) this.#makeRoomForControls(socket.want);
    const got = this.#native.libc.recvmmsg(socket.fd, this.#memory.receivePointer, socket.want, 0, 0);
    if (got <= 0) return;
    if (socket.sink === 'echo') this.#sendBack(socket, got);
    else this.#deliver(socket.sink, socket.owner, got);
  }

  #deliver(sink: DatagramSink, owner: number, count: number): void {
    const { arena, receiveHeaders } = this.#memory;
    const { words } = arena;
    const ticks = ticksOf(this.#now());
    for (let i = 0; i < count; i++) {
      const header = receiveHeaders / 4 + i * HEADER_WORDS;
      words[header + NAME_LENGTH] = SOCKADDR.v6;
      const start = this.#memory.receiveSlot(i);
      const end = start + words[header + RECEIVED]!;
      const size = this.#segmentOf(i);
      for (let at = start; at < end; at += size)
        sink.onDatagram(owner, this.bytes, at, Math.min(at + size, end), ticks);
    }
  }

  #makeRoomForControls(count: number): void {
    const header = this.#memory.receiveHeaders / 4 + CONTROL_LENGTH;
    for (let i = 0; i < count; i++) this.#memory.arena.words[header + i * HEADER_WORDS] = CONTROL;
  }

  /** How long the datagrams of a message are that the kernel may have put together; the last may be shorter. */
  #segmentOf(message: number): number {
    const { words } = this.#memory.arena;
    const header = this.#memory.receiveHeaders / 4 + message * HEADER_WORDS;
    const control = this.#memory.receiveControl(message) / 4;
    const isRun = words[header + CONTROL_LENGTH] !== 0 && words[control + LEVEL] === SOL_UDP && words[control + TYPE] === UDP_GRO; // biome-ignore format: one line
    return Math.max(1, isRun ? words[control + SEGMENT]! : words[header + RECEIVED]!);
  }

  /** The headers say already where each datagram lies and whence it came: they are sent as they are. */
  #sendBack(socket: Socket, count: number): void {
    const { arena, receivePointer, receiveHeaders, receiveVectors } = this.#memory;
    const { words } = arena;
    const header = receiveHeaders / 4;
    const vector = receiveVectors / 4 + LENGTH;
    let datagrams = 0;
    for (let i = 0; i < count; i++) {
      const length = words[header + i * HEADER_WORDS + RECEIVED]!;
      words[vector + i * VECTOR_WORDS] = length;
      datagrams += Math.ceil(length / this.#segmentOf(i)) || 1;
      if (this.#usesRuns) this.#keepRun(i);
    }
    const sent = this.#native.libc.sendmmsg(socket.fd, receivePointer, count, 0);
    for (let i = 0; i < count; i++) {
      words[vector + i * VECTOR_WORDS] = this.#memory.longest;
      words[header + i * HEADER_WORDS + NAME_LENGTH] = SOCKADDR.v6;
    }
    if (sent === count) this.echoed += datagrams;
    else this.refused += datagrams; // some of them at least
  }

  /** A run goes back as one: what tells its parts on receipt becomes what divides it when it is sent. */
  #keepRun(message: number): void {
    const { words } = this.#memory.arena;
    const header = this.#memory.receiveHeaders / 4 + message * HEADER_WORDS;
    const control = this.#memory.receiveControl(message) / 4;
    if (words[header + CONTROL_LENGTH] === 0) return;
    words[header + CONTROL_LENGTH] = CONTROL;
    words[control + CMSGHDR.length / 4] = CMSGHDR.size + 2;
    words[control + TYPE] = UDP_SEGMENT;
  }
}
