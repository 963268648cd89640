/**
 * A forwarder that knows no TURN: the least a relay must do. It takes four bytes off what clients send and passes the rest to one peer,
 * through a socket for each client; and puts them back on the way back. No credentials, no permissions, no timers: a physical limit.
 *
 *   node bench/relay/forwarder.ts LISTEN-IP PORT PEER-IP PORT
 */
import {
  Arena,
  Epoll,
  IOVEC,
  loadNative,
  MMSGHDR,
  type Native,
  openUdp,
  type Pointer,
  raiseOpenFiles,
  SOCKADDR,
  setBuffers,
  swap16,
  writeAddress,
} from '../../src/native/index.ts';
import { parseIp, type TransportAddress, withPort } from '../../src/wire/index.ts';

const BATCH = 64;
const SLOTS = 256;
const SLOT = 2_048 + 64;
const EVENTS = 256;
const HEADER_BYTES = 4;
const CLIENTS = 65_536;
const ROUNDS = 4;

const HEADERS = SLOTS * SLOT;
const VECTORS = HEADERS + SLOTS * MMSGHDR.size;
const NAMES = VECTORS + SLOTS * IOVEC.size;
const EVENT_PLACE = NAMES + SLOTS * SOCKADDR.place;
const PEER = EVENT_PLACE + EVENTS * 16;
const CLIENT_NAMES = PEER + SOCKADDR.place;
const END = CLIENT_NAMES + CLIENTS * SOCKADDR.place;

const HEADER_WORDS = MMSGHDR.size / 4;
const VECTOR_WORDS = IOVEC.size / 4;
const NAME = MMSGHDR.name / 4;
const NAME_LENGTH = MMSGHDR.nameLength / 4;
const RECEIVED = MMSGHDR.length / 4;

class Forwarder {
  readonly #native: Native;
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #epoll: Epoll;
  readonly #listener: number;
  readonly #from: TransportAddress;
  readonly #pointers: Pointer[] = [];
  readonly #events: Pointer;
  /** The relay socket of the client that has a port; clients share an address. */
  readonly #relayOf = new Int32Array(CLIENTS);
  /** The client's port of the relay socket that has a number. */
  readonly #portOf = new Int32Array(CLIENTS);
  #used = 0;

  constructor(native: Native, listen: TransportAddress, peer: TransportAddress) {
    this.#native = native;
    this.#from = withPort(listen, 0);
    this.#arena = new Arena(native, END);
    this.#words = this.#arena.words;
    this.#events = this.#arena.pointer(EVENT_PLACE);
    for (let i = 0; i < SLOTS; i++) this.#link(i);
    writeAddress(this.#words, PEER / 4, 4, peer);
    this.#listener = openUdp(native.libc, listen, { family: 4, reusePort: false });
    setBuffers(native.libc, this.#listener, 4 * 1024 * 1024);
    this.#epoll = new Epoll(native);
    this.#epoll.add(this.#listener, this.#listener);
    this.#epoll.start(() => this.#turn());
  }

  #turn(): void {
    const { epollEvent } = this.#native;
    for (let round = 0; round < ROUNDS; round++) {
      const ready = this.#epoll.ready(this.#events, EVENTS);
      for (let i = 0; i < ready; i++) {
        const fd = this.#words[(EVENT_PLACE + i * epollEvent.size + epollEvent.data) / 4]!;
        if (fd === this.#listener) this.#fromClients();
        else this.#fromPeer(fd);
      }
      this.#flush();
      if (ready <= 0) return;
    }
  }

  #fromClients(): void {
    this.#flush();
    const got = this.#receive(this.#listener, 0);
    for (let i = 0; i < got; ) {
      const port = this.#portIn(i);
      let end = i + 1;
      while (end < got && this.#portIn(end) === port) end++;
      for (let slot = i; slot < end; slot++) this.#place(slot, HEADER_BYTES, this.#lengthOf(slot) - HEADER_BYTES, PEER);
      this.#native.libc.sendmmsg(this.#relayFor(port, i), this.#pointers[i]!, end - i, 0);
      i = end;
    }
    this.#reset(0, got);
  }

  /** What comes back waits until every socket was read, and goes to all clients in one call. */
  #fromPeer(fd: number): void {
    if (SLOTS - this.#used < BATCH) this.#flush();
    const first = this.#used;
    for (let slot = first; slot < first + BATCH; slot++) this.#setBase(slot, HEADER_BYTES);
    const got = this.#receive(fd, first);
    const port = this.#portOf[fd]!;
    for (let slot = first; slot < first + got; slot++) {
      const length = this.#lengthOf(slot);
      const at = slot * SLOT;
      this.#arena.bytes[at] = 0x40;
      this.#arena.bytes[at + 1] = 0;
      this.#arena.bytes[at + 2] = length >>> 8;
      this.#arena.bytes[at + 3] = length;
      this.#place(slot, 0, length + HEADER_BYTES, CLIENT_NAMES + port * SOCKADDR.place);
    }
    this.#used += got;
    this.#reset(first + got, first + BATCH);
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#native.libc.sendmmsg(this.#listener, this.#pointers[0]!, this.#used, 0);
    this.#reset(0, this.#used);
    this.#used = 0;
  }

  #receive(fd: number, first: number): number {
    return Math.max(0, this.#native.libc.recvmmsg(fd, this.#pointers[first]!, BATCH, 0, 0));
  }

  #relayFor(port: number, slot: number): number {
    const known = this.#relayOf[port]!;
    if (known !== 0) return known;
    const fd = openUdp(this.#native.libc, this.#from, { family: 4, reusePort: false });
    this.#relayOf[port] = fd;
    this.#portOf[fd] = port;
    const name = (NAMES + slot * SOCKADDR.place) / 4;
    this.#words.copyWithin((CLIENT_NAMES + port * SOCKADDR.place) / 4, name, name + SOCKADDR.v4 / 4);
    this.#epoll.add(fd, fd);
    return fd;
  }

  #link(slot: number): void {
    const header = HEADERS + slot * MMSGHDR.size;
    this.#pointers.push(this.#arena.pointer(header));
    this.#arena.setPointer(header + MMSGHDR.name, NAMES + slot * SOCKADDR.place);
    this.#arena.setPointer(header + MMSGHDR.iov, VECTORS + slot * IOVEC.size);
    this.#words[(header + MMSGHDR.iovLength) / 4] = 1;
    this.#arena.setPointer(VECTORS + slot * IOVEC.size, slot * SLOT);
    this.#reset(slot, slot + 1);
  }

  #portIn(slot: number): number {
    return swap16(this.#words[(NAMES + slot * SOCKADDR.place) / 4]! >>> 16);
  }

  #lengthOf(slot: number): number {
    return this.#words[HEADERS / 4 + slot * HEADER_WORDS + RECEIVED]!;
  }

  #setBase(slot: number, from: number): void {
    this.#words[VECTORS / 4 + slot * VECTOR_WORDS] = this.#arena.low(slot * SLOT + from);
  }

  #place(slot: number, from: number, length: number, name: number): void {
    this.#setBase(slot, from);
    this.#words[VECTORS / 4 + slot * VECTOR_WORDS + IOVEC.length / 4] = length;
    this.#words[HEADERS / 4 + slot * HEADER_WORDS + NAME] = this.#arena.low(name);
    this.#words[HEADERS / 4 + slot * HEADER_WORDS + NAME_LENGTH] = SOCKADDR.v4;
  }

  #reset(from: number, to: number): void {
    for (let slot = from; slot < to; slot++) {
      this.#place(slot, 0, SLOT - HEADER_BYTES, NAMES + slot * SOCKADDR.place);
      this.#words[HEADERS / 4 + slot * HEADER_WORDS + NAME_LENGTH] = SOCKADDR.v6;
    }
  }
}

const [listenIp = '', listenPort = '', peerIp = '', peerPort = ''] = process.argv.slice(2);
const native = loadNative();
if (typeof native === 'string') throw new Error(`the forwarder needs the native layer: ${native}`);
raiseOpenFiles(native.libc, 20_000);
new Forwarder(native, address(listenIp, listenPort), address(peerIp, peerPort));

function address(ip: string, port: string): TransportAddress {
  const parsed = parseIp(ip);
  if (parsed === undefined) throw new TypeError(`${ip} is no address`);
  return withPort(parsed, Number(port));
}
