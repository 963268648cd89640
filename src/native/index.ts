export { Arena } from './arena.ts';
export {
  EPOLLERR,
  EPOLLIN,
  MSG_DONTWAIT,
  SO_REUSEPORT,
  SOL_SOCKET,
  SOL_UDP,
  UDP_GRO,
  UDP_MAX_SEGMENTS,
  UDP_SEGMENT,
} from './constants.ts';
export { Epoll } from './epoll.ts';
export * as errno from './errno.ts';
export { errnoName, SystemError } from './errno.ts';
export { ErrorQueue } from './error-queue.ts';
export { CMSGHDR, type EpollEventLayout, IOVEC, MMSGHDR, SOCKADDR } from './layouts.ts';
export type { Libc, Memory, Pointer } from './libc.ts';
export { loadNative, type Native, type PollHandle } from './load.ts';
export { raiseOpenFiles } from './open-files.ts';
export { OpenSslHmac } from './openssl-hmac.ts';
export { lengthOfAddress, readAddress, swap16, swap32, type Words, writeAddress } from './socket-address.ts';
export { openTcp, type TcpOptions } from './tcp-socket.ts';
export { TlsContext, type TlsContextSettings } from './tls/tls-context.ts';
export { MOST_SEALED, MOST_TAKEN } from './tls/tls-memory.ts';
export { TlsSession, type TlsState } from './tls/tls-session.ts';
export {
  type BufferSizes,
  boundTo,
  getOption,
  openUdp,
  probeSegmentation,
  receiveErrors,
  receiveRuns,
  setBuffers,
  setDontFragment,
  setOption,
  trySetOption,
  type UdpOptions,
} from './udp-socket.ts';
