import { errnoName, loadNative, type Native, openUdp, probeSegmentation, SystemError } from '../../../native/index.ts';
import { ipv4, withPort } from '../../../wire/index.ts';
import type { EngineSettings } from '../../engine.ts';
import { SocketEngine } from '../../socket-engine.ts';
import { MmsgSockets } from './mmsg-sockets.ts';

export interface MmsgSettings extends EngineSettings {
  /** Listeners share their ports with other processes' that ask for the same: one edge per core. */
  readonly reusePort?: boolean;
}

/** The engine of Linux: recvmmsg, sendmmsg and epoll, called from node's own event loop. */
export class MmsgEngine extends SocketEngine {
  /** The engine, or why there is none here. */
  static start(settings: MmsgSettings): MmsgEngine | string {
    const native = loadNative();
    if (typeof native === 'string') return native;
    try {
      const runs = probe(native);
      return new MmsgEngine(
        new MmsgSockets(native, {
          reusePort: settings.reusePort === true,
          deviceOf: settings.deviceOf ?? (() => undefined),
          sendsRuns: runs.send,
          receivesRuns: runs.receive,
        }),
        settings,
      );
    } catch (error) {
      if (error instanceof SystemError) return `${error.syscall} answers ${errnoName(error.errno)}`;
      throw error;
    }
  }

  private constructor(sockets: MmsgSockets, settings: MmsgSettings) {
    super(sockets, settings);
  }
}

/** Tried on a socket of its own: kernels before 4.18 and 5.0 can't, and some sandboxes won't. */
function probe(native: Native): { send: boolean; receive: boolean } {
  const fd = openUdp(native.libc, withPort(ipv4(0x7f000001), 0), { family: 4, reusePort: false });
  const runs = probeSegmentation(native.libc, fd);
  native.libc.close(fd);
  return runs;
}
