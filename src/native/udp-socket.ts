import * as C from './constants.ts';
import { SystemError } from './errno.ts';
import { SOCKADDR } from './layouts.ts';
import { type Libc, must } from './libc.ts';
import { lengthOfAddress, readAddress, type Words, writeAddress } from './socket-address.ts';

const value = new Int32Array(1);
const valueLength = new Int32Array(1);
const address = new Int32Array(SOCKADDR.place / 4);

export interface UdpOptions {
  readonly family: 4 | 6;
  /** Other sockets that ask for the same may have the port as well; the kernel shares the clients out among them. */
  readonly reusePort: boolean;
  /** The only network interface that packets may come and go by; any when undefined. */
  readonly device?: string | undefined;
}

/** A bound UDP socket that never blocks. Throws a SystemError when it can't be had. */
export function openUdp(libc: Libc, at: Readonly<Words>, { family, reusePort, device }: UdpOptions): number {
  const domain = family === 4 ? C.AF_INET : C.AF_INET6;
  const type = C.SOCK_DGRAM | C.SOCK_NONBLOCK | C.SOCK_CLOEXEC;
  const fd = must(libc, 'socket', libc.socket(domain, type, 0));
  try {
    if (family === 6) setOption(libc, fd, C.SOL_IPV6, C.IPV6_V6ONLY, 1);
    if (reusePort) setOption(libc, fd, C.SOL_SOCKET, C.SO_REUSEPORT, 1);
    if (device !== undefined) bindToDevice(libc, fd, device);
    writeAddress(address, 0, family, at);
    must(libc, 'bind', libc.bind(fd, address, lengthOfAddress(family)));
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Where a socket is bound. */
export function boundTo(libc: Libc, fd: number): Words {
  valueLength[0] = SOCKADDR.v6;
  must(libc, 'getsockname', libc.getsockname(fd, address, valueLength));
  const words = { w0: 0, w1: 0, w2: 0, w3: 0, port: 0 };
  readAddress(address, 0, words);
  return words;
}

export function setOption(libc: Libc, fd: number, level: number, name: number, to: number): void {
  if (!trySetOption(libc, fd, level, name, to)) throw new SystemError('setsockopt', libc.errno());
}

/** Before the socket is bound nobody needs a privilege for it. */
export function bindToDevice(libc: Libc, fd: number, device: string): void {
  const name = new TextEncoder().encode(device);
  must(libc, 'setsockopt', libc.setsockopt(fd, C.SOL_SOCKET, C.SO_BINDTODEVICE, name, name.length));
}

/** Whether the kernel took it. */
export function trySetOption(libc: Libc, fd: number, level: number, name: number, to: number): boolean {
  value[0] = to;
  return libc.setsockopt(fd, level, name, value, 4) === 0;
}

export function getOption(libc: Libc, fd: number, level: number, name: number): number {
  valueLength[0] = 4;
  must(libc, 'getsockopt', libc.getsockopt(fd, level, name, value, valueLength));
  return value[0]!;
}

export interface BufferSizes {
  readonly receive: number;
  readonly send: number;
}

/** Asks for socket buffers, beyond the system's limits if we may, and returns what was granted (the kernel counts its overhead in). */
export function setBuffers(libc: Libc, fd: number, bytes: number): BufferSizes {
  for (const [forced, plain] of [
    [C.SO_RCVBUFFORCE, C.SO_RCVBUF],
    [C.SO_SNDBUFFORCE, C.SO_SNDBUF],
  ] as const) {
    if (!trySetOption(libc, fd, C.SOL_SOCKET, forced, bytes)) trySetOption(libc, fd, C.SOL_SOCKET, plain, bytes);
  }
  return {
    receive: getOption(libc, fd, C.SOL_SOCKET, C.SO_RCVBUF),
    send: getOption(libc, fd, C.SOL_SOCKET, C.SO_SNDBUF),
  };
}

/** Whether datagrams may be fragmented on their way: by default the kernel decides, and DONT-FRAGMENT wants them not to be. */
export function setDontFragment(libc: Libc, fd: number, family: 4 | 6, isSet: boolean): boolean {
  const how = isSet ? C.PMTUDISC_DO : C.PMTUDISC_DONT;
  if (family === 4) return trySetOption(libc, fd, C.SOL_IP, C.IP_MTU_DISCOVER, how);
  return trySetOption(libc, fd, C.SOL_IPV6, C.IPV6_MTU_DISCOVER, how);
}

/** Has ICMP errors queued with the address and the datagram they speak of. */
export function receiveErrors(libc: Libc, fd: number, family: 4 | 6): boolean {
  if (family === 4) return trySetOption(libc, fd, C.SOL_IP, C.IP_RECVERR, 1);
  return trySetOption(libc, fd, C.SOL_IPV6, C.IPV6_RECVERR, 1);
}

/** Whether one message may carry a run of datagrams, in either direction. */
export function probeSegmentation(libc: Libc, fd: number): { send: boolean; receive: boolean } {
  const send = trySetOption(libc, fd, C.SOL_UDP, C.UDP_SEGMENT, 0);
  const receive = trySetOption(libc, fd, C.SOL_UDP, C.UDP_GRO, 0);
  return { send, receive };
}

export function receiveRuns(libc: Libc, fd: number): boolean {
  return trySetOption(libc, fd, C.SOL_UDP, C.UDP_GRO, 1);
}
