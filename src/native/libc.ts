import { SystemError } from './errno.ts';

/** A raw address. Those of the packet path are made once: making a BigInt allocates. */
export type Pointer = bigint;
/** What a call may point at: our own mapped memory, a typed array of JavaScript for the duration of the call, or nothing. */
export type Memory = Pointer | ArrayBufferView | null;

/** libc's calls, all synchronous. Each answers as in C: below zero on failure, and then `errno` tells why. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Memory, length: number): number;
  listen(fd: number, backlog: number): number;
  getsockname(fd: number, address: Memory, length: Memory): number;
  setsockopt(fd: number, level: number, name: number, value: Memory, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Memory, length: Memory): number;
  close(fd: number): number;
  recvmmsg(fd: number, messages: Memory, count: number, flags: number, timeout: null): number;
  sendmmsg(fd: number, messages: Memory, count: number, flags: number): number;
  recvmsg(fd: number, message: Memory, flags: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, what: number, fd: number, event: Memory): number;
  epoll_wait(epoll: number, events: Memory, most: number, timeoutMillis: number): number;
  eventfd(initial: number, flags: number): number;
  read(fd: number, into: Memory, length: number): number;
  write(fd: number, from: Memory, length: number): number;
  mmap(at: null, length: number, protection: number, flags: number, fd: number, offset: number): Pointer;
  munmap(at: Pointer, length: number): number;
  getrlimit(resource: number, limit: Memory): number;
  setrlimit(resource: number, limit: Memory): number;
  /** The error of the call before; nothing may run in between. */
  errno(): number;
}

type Signature = readonly [result: string, ...parameters: string[]];

export const SIGNATURES: Readonly<Record<Exclude<keyof Libc, 'errno'>, Signature>> = {
  socket: ['int', 'int', 'int', 'int'],
  bind: ['int', 'int', 'void *', 'uint'],
  listen: ['int', 'int', 'int'],
  getsockname: ['int', 'int', 'void *', 'void *'],
  setsockopt: ['int', 'int', 'int', 'int', 'void *', 'uint'],
  getsockopt: ['int', 'int', 'int', 'int', 'void *', 'void *'],
  close: ['int', 'int'],
  recvmmsg: ['int', 'int', 'void *', 'uint', 'int', 'void *'],
  sendmmsg: ['int', 'int', 'void *', 'uint', 'int'],
  recvmsg: ['long', 'int', 'void *', 'int'],
  epoll_create1: ['int', 'int'],
  epoll_ctl: ['int', 'int', 'int', 'int', 'void *'],
  epoll_wait: ['int', 'int', 'void *', 'int', 'int'],
  eventfd: ['int', 'uint', 'int'],
  read: ['long', 'int', 'void *', 'size_t'],
  write: ['long', 'int', 'void *', 'size_t'],
  mmap: ['void *', 'void *', 'size_t', 'int', 'int', 'int', 'long'],
  munmap: ['int', 'void *', 'size_t'],
  getrlimit: ['int', 'int', 'void *'],
  setrlimit: ['int', 'int', 'void *'],
};

/** For calls that may not fail, or whose failure ends what the caller was at. */
export function must(libc: Libc, syscall: string, result: number): number {
  if (result < 0) throw new SystemError(syscall, libc.errno());
  return result;
}
