import { Arena } from './arena.ts';
import {
  IP_RECVERR,
  IPV6_RECVERR,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  ORIGIN_ICMP,
  ORIGIN_ICMP6,
  ORIGIN_LOCAL,
  SOL_IP,
  SOL_IPV6,
} from './constants.ts';
import { EMSGSIZE } from './errno.ts';
import { CMSGHDR, EXTENDED_ERROR, IOVEC, MMSGHDR, SOCKADDR } from './layouts.ts';
import type { Native } from './load.ts';
import { readAddress, type Words } from './socket-address.ts';

const NAME = MMSGHDR.size;
const IOV = NAME + SOCKADDR.place;
const CONTROL = IOV + IOVEC.size;
const CONTROL_ROOM = 256;
const PAYLOAD = CONTROL + CONTROL_ROOM;
const PAYLOAD_ROOM = 64; // nobody reads it; the kernel cuts it off

/** ICMP's "destination unreachable, fragmentation needed" and ICMPv6's "packet too big". */
const V4_TOO_BIG = { type: 3, code: 4 } as const;
const V6_TOO_BIG = { type: 2, code: 0 } as const;

/** One error about a datagram that was sent: where it went, and what became of it. Written anew by each `next`. */
export class ErrorQueue {
  /** Where the datagram was sent. */
  readonly to: Words = { w0: 0, w1: 0, w2: 0, w3: 0, port: 0 };
  type = 0;
  code = 0;
  /** The MTU when the datagram was too big, else 0. */
  data = 0;
  readonly #native: Native;
  readonly #arena: Arena;

  constructor(native: Native) {
    this.#native = native;
    this.#arena = new Arena(native, 4096);
    this.#arena.setPointer(MMSGHDR.name, NAME);
    this.#arena.setPointer(MMSGHDR.iov, IOV);
    this.#arena.setPointer(MMSGHDR.control, CONTROL);
    this.#arena.setPointer(IOV + IOVEC.base, PAYLOAD);
    this.#arena.words[(IOV + IOVEC.length) / 4] = PAYLOAD_ROOM;
    this.#arena.words[MMSGHDR.iovLength / 4] = 1;
  }

  /** Takes the next error of a socket: 'icmp' when the fields tell of one, 'other' to go on, 'none' at the end. */
  next(fd: number): 'icmp' | 'other' | 'none' {
    const { words, address } = this.#arena;
    words[MMSGHDR.nameLength / 4] = SOCKADDR.v6;
    words[MMSGHDR.controlLength / 4] = CONTROL_ROOM;
    if (this.#native.libc.recvmsg(fd, address, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return 'none';
    readAddress(words, NAME / 4, this.to);
    const error = this.#find(words[MMSGHDR.controlLength / 4]!);
    return error >= 0 && this.#read(error) ? 'icmp' : 'other';
  }

  /** Where the sock_extended_err among the control messages is. */
  #find(length: number): number {
    const { words } = this.#arena;
    for (let at = CONTROL; at + CMSGHDR.size <= CONTROL + length; ) {
      const level = words[(at + CMSGHDR.level) / 4];
      const type = words[(at + CMSGHDR.type) / 4];
      const isError = (level === SOL_IP && type === IP_RECVERR) || (level === SOL_IPV6 && type === IPV6_RECVERR);
      if (isError) return at + CMSGHDR.size;
      at += (Math.max(CMSGHDR.size, words[at / 4]!) + 7) & ~7;
    }
    return -1;
  }

  #read(error: number): boolean {
    const { words, bytes } = this.#arena;
    const origin = bytes[error + EXTENDED_ERROR.origin];
    const info = words[(error + EXTENDED_ERROR.info) / 4]!;
    if (origin === ORIGIN_LOCAL && words[(error + EXTENDED_ERROR.errno) / 4] === EMSGSIZE) {
      return this.#tell(this.to.w2 === 0xffff && this.to.w0 === 0 && this.to.w1 === 0 ? V4_TOO_BIG : V6_TOO_BIG, info);
    }
    if (origin !== ORIGIN_ICMP && origin !== ORIGIN_ICMP6) return false;
    const type = bytes[error + EXTENDED_ERROR.type]!;
    const code = bytes[error + EXTENDED_ERROR.code]!;
    const tooBig = origin === ORIGIN_ICMP ? type === 3 && code === 4 : type === 2;
    return this.#tell({ type, code }, tooBig ? info : 0);
  }

  #tell({ type, code }: { type: number; code: number }, data: number): true {
    this.type = type;
    this.code = code;
    this.data = data;
    return true;
  }
}
