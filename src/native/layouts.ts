/*
 * Structures of Linux on 64-bit little-endian machines, as byte offsets. All but epoll_event are the same on x86-64 and arm64, and the
 * same for glibc and musl: they are the kernel's.
 */

//  0        8        12  16       24        32        40          48     52   56      60
//  | name   | namelen| . | iov    | iovlen  | control | controllen| flags| .  | length| . |
export const MMSGHDR = {
  size: 64,
  name: 0,
  nameLength: 8,
  iov: 16,
  iovLength: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  /** What recvmmsg received; beyond the msghdr inside. */
  length: 56,
} as const;

export const IOVEC = { size: 16, base: 0, length: 8 } as const;

/** One socket address of either family; `place` is what we set aside for it. */
export const SOCKADDR = { place: 32, v4: 16, v6: 28 } as const;
/** sockaddr_in: family (host order) | port | address. sockaddr_in6: family | port | flow | address | scope. */
export const SOCKADDR_PORT = 2;
export const SOCKADDR_V4_IP = 4;
export const SOCKADDR_V6_IP = 8;

/** A control message: length (with this header) | level | type | data. */
export const CMSGHDR = { size: 16, length: 0, level: 8, type: 12 } as const;

/** sock_extended_err: errno | origin, type, code | info (the MTU, for a datagram that was too long) | data. */
export const EXTENDED_ERROR = { errno: 0, origin: 4, type: 5, code: 6, info: 8 } as const;

export interface EpollEventLayout {
  readonly size: number;
  readonly data: number;
}

/** epoll_event is packed on x86-64, and nowhere else. */
export function epollEventOn(arch: string): EpollEventLayout {
  return arch === 'x64' ? { size: 12, data: 4 } : { size: 16, data: 8 };
}
