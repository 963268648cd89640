import * as C from './constants.ts';
import { SOCKADDR } from './layouts.ts';
import { type Libc, must } from './libc.ts';
import { lengthOfAddress, type Words, writeAddress } from './socket-address.ts';
import { bindToDevice, setOption } from './udp-socket.ts';

const address = new Int32Array(SOCKADDR.place / 4);

export interface TcpOptions {
  readonly family: 4 | 6;
  /** Other sockets that ask for the same may have the port as well; the kernel shares the connections out among them. */
  readonly reusePort: boolean;
  /** The only network interface that packets may come and go by; any when undefined. */
  readonly device?: string | undefined;
  /** Connections that may wait to be accepted; undefined to bind only. */
  readonly backlog: number | undefined;
}

/** A TCP socket that is bound and listens. Throws a SystemError when it can't be had. */
export function openTcp(libc: Libc, at: Readonly<Words>, { family, reusePort, device, backlog }: TcpOptions): number {
  const domain = family === 4 ? C.AF_INET : C.AF_INET6;
  const fd = must(libc, 'socket', libc.socket(domain, C.SOCK_STREAM | C.SOCK_NONBLOCK | C.SOCK_CLOEXEC, 0));
  try {
    if (family === 6) setOption(libc, fd, C.SOL_IPV6, C.IPV6_V6ONLY, 1);
    // Connections of an earlier run that linger must not keep the port from us.
    setOption(libc, fd, C.SOL_SOCKET, C.SO_REUSEADDR, 1);
    if (reusePort) setOption(libc, fd, C.SOL_SOCKET, C.SO_REUSEPORT, 1);
    if (device !== undefined) bindToDevice(libc, fd, device);
    writeAddress(address, 0, family, at);
    must(libc, 'bind', libc.bind(fd, address, lengthOfAddress(family)));
    if (backlog !== undefined) must(libc, 'listen', libc.listen(fd, backlog));
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}
