import { randomInt } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import type { EngineSettings } from '../engine.ts';
import { MmsgEngine } from '../engines/index.ts';
import { loopbackRig } from './loopback.ts';
import type { Rig } from './stage.ts';

/** The engine of Linux on loopback. Fails where it does not start, and if it leaves a socket open. */
export function mmsgRig(deviceOf?: EngineSettings['deviceOf']): Rig {
  const before = openSockets();
  return loopbackRig(
    settings => {
      const engine = MmsgEngine.start({ ...settings, random: randomInt, deviceOf });
      if (typeof engine === 'string') throw new Error(engine);
      return engine;
    },
    () => openSockets() - before,
  );
}

/** Sockets and epolls of this process: node knows nothing of those that libc opened. */
function openSockets(): number {
  return readdirSync('/proc/self/fd').filter(fd => /^socket:|\[eventpoll\]/.test(linkOf(fd))).length;
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // closed since: the directory's own, say
  }
}
