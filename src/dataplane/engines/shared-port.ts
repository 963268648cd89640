import { Socket } from 'node:net';
import { type Native, openTcp, SO_REUSEPORT, SOL_SOCKET, SystemError, setOption } from '../../native/index.ts';
import { familyOf, formatIp, type TransportAddress } from '../../wire/index.ts';

/** A descriptor to listen with. Nobody else may listen or connect on the port: only then our own connections may share it. */
export function boundAlone({ libc }: Native, at: TransportAddress): number {
  const fd = openTcp(libc, at, { family: familyOf(at), reusePort: false, backlog: undefined });
  setOption(libc, fd, SOL_SOCKET, SO_REUSEPORT, 1);
  return fd;
}

/** A connection on its way from a port of ours that listens. Nothing is read of it until somebody does. Undefined when it can't be tried. */
export function connecting({ libc }: Native, own: TransportAddress, to: TransportAddress): Socket | undefined {
  try {
    const fd = openTcp(libc, own, { family: familyOf(own), reusePort: true, backlog: undefined });
    // manualStart: a socket made of a descriptor is read at once otherwise, connected or not.
    const options = { fd, allowHalfOpen: true, manualStart: true };
    const socket = new Socket(options);
    socket.pause().setNoDelay(true);
    socket.on('error', () => {}); // 'close' follows
    socket.connect({ host: formatIp(to), port: to.port });
    return socket;
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
