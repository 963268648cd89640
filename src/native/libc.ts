import { SystemError } from './errno.ts';

/** A raw address in our own mapped memory. Below 2 GiB it is a small integer to V8, and passing it allocates nothing. */
export type Pointer = number;
/** Memory that a call may read or write while it lasts. */
export type Memory = ArrayBufferView;

/** libc's calls, all synchronous. Each answers as in C: below zero on failure, and then `errno` tells why. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Memory, length: number): number;
  listen(fd: number, backlog: number): number;
  getsockname(fd: number, address: Memory, length: Memory): number;
  setsockopt(fd: number, level: number, name: number, value: Memory, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Memory, length: Memory): number;
  close(fd: number): number;
  recvmmsg(fd: number, messages: Pointer, count: number, flags: number, timeout: 0): number;
  sendmmsg(fd: number, messages: Pointer, count: number, flags: number): number;
  recvfrom(fd: number, into: Pointer, length: number, flags: number, from: Pointer, fromLength: Pointer): number;
  sendto(fd: number, bytes: Pointer, length: number, flags: number, to: Pointer, toLength: number): number;
  recvmsg(fd: number, message: Pointer, flags: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, what: number, fd: number, event: Memory): number;
  epoll_wait(epoll: number, events: Pointer, most: number, timeoutMillis: number): number;
  eventfd(initial: number, flags: number): number;
  read(fd: number, into: Memory, length: number): number;
  write(fd: number, from: Memory, length: number): number;
  mmap(near: Pointer, length: number, protection: number, flags: number, fd: number, offset: number): Pointer;
  munmap(at: Pointer, length: number): number;
  getrlimit(resource: number, limit: Memory): number;
  setrlimit(resource: number, limit: Memory): number;
  /** The error of the call before; nothing may run in between. */
  errno(): number;
}

/** A C function's types, as koffi names them. */
export type Signature = readonly [result: string, ...parameters: string[]];

export const SIGNATURES: Readonly<Record<Exclude<keyof Libc, 'errno'>, Signature>> = {
  socket: ['int', 'int', 'int', 'int'],
  bind: ['int', 'int', 'void *', 'uint'],
  listen: ['int', 'int', 'int'],
  getsockname: ['int', 'int', 'void *', 'void *'],
  setsockopt: ['int', 'int', 'int', 'int', 'void *', 'uint'],
  getsockopt: ['int', 'int', 'int', 'int', 'void *', 'void *'],
  close: ['int', 'int'],
  recvmmsg: ['int', 'int', 'uintptr_t', 'uint', 'int', 'uintptr_t'],
  sendmmsg: ['int', 'int', 'uintptr_t', 'uint', 'int'],
  recvfrom: ['long', 'int', 'uintptr_t', 'size_t', 'int', 'uintptr_t', 'uintptr_t'],
  sendto: ['long', 'int', 'uintptr_t', 'size_t', 'int', 'uintptr_t', 'uint'],
  recvmsg: ['long', 'int', 'uintptr_t', 'int'],
  epoll_create1: ['int', 'int'],
  epoll_ctl: ['int', 'int', 'int', 'int', 'void *'],
  epoll_wait: ['int', 'int', 'uintptr_t', 'int', 'int'],
  eventfd: ['int', 'uint', 'int'],
  read: ['long', 'int', 'void *', 'size_t'],
  write: ['long', 'int', 'void *', 'size_t'],
  mmap: ['uintptr_t', 'uintptr_t', 'size_t', 'int', 'int', 'int', 'long'],
  munmap: ['int', 'uintptr_t', 'size_t'],
  getrlimit: ['int', 'int', 'void *'],
  setrlimit: ['int', 'int', 'void *'],
};

/** For calls that may not fail, or whose failure ends what the caller was at. */
export function must(libc: Libc, syscall: string, result: number): number {
  if (result < 0) throw new SystemError(syscall, libc.errno());
  return result;
}
