import {
  boundTo,
  Epoll,
  IOVEC,
  lengthOfAddress,
  MMSGHDR,
  type Native,
  openUdp,
  receiveRuns,
  SOCKADDR,
  setBuffers,
  writeAddress,
} from '../native/index.ts';
import { familyOf, type TransportAddress, withPort } from '../wire/index.ts';
import type { DatagramSink, DatagramSocketOptions, Datagrams } from './datagrams.ts';
import { EVENTS, HEADER_WORDS, MessageMemory, RECEIVE, SEND, VECTOR_WORDS } from './message-memory.ts';
import { MessageRuns } from './message-runs.ts';
import { ticksOf } from './stamp.ts';

const NAME = MMSGHDR.name / 4;
const NAME_LENGTH = MMSGHDR.nameLength / 4;
const LENGTH = IOVEC.length / 4;
const RECEIVED = MMSGHDR.length / 4;
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
  readonly #runs: MessageRuns;
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
    this.#runs = new MessageRuns(this.#memory);
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
    for (let at = from; at < to; ) {
      const end = this.#runs.endOf(at, to);
      if (end > at + 1) this.#runs.write(at, end - at);
      if (this.#native.libc.sendmmsg(socket.fd, this.#memory.sendPointers[at]!, 1, 0) !== 1) this.refused += end - at;
      if (end > at + 1) this.#runs.clear(at);
      at = end;
    }
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
    if (this.#usesRuns) this.#runs.expect(socket.want);
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
      const size = this.#runs.segmentOf(i);
      for (let at = start; at < end; at += size)
        sink.onDatagram(owner, this.bytes, at, Math.min(at + size, end), ticks);
    }
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
      datagrams += Math.ceil(length / this.#runs.segmentOf(i)) || 1;
      if (this.#usesRuns) this.#runs.keep(i);
    }
    const sent = this.#native.libc.sendmmsg(socket.fd, receivePointer, count, 0);
    for (let i = 0; i < count; i++) {
      words[vector + i * VECTOR_WORDS] = this.#memory.longest;
      words[header + i * HEADER_WORDS + NAME_LENGTH] = SOCKADDR.v6;
    }
    if (sent === count) this.echoed += datagrams;
    else this.refused += datagrams; // some of them at least
  }
}
