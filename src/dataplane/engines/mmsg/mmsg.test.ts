import { randomInt } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { loopbackRig, overLoopback } from '../../conformance/loopback.ts';
import type { Upcalls } from '../../engine.ts';
import { MmsgEngine } from './mmsg.ts';

overLoopback('mmsg', () => {
  const before = openSockets();
  return loopbackRig(newEngine, () => openSockets() - before);
});

function newEngine(upcalls: Upcalls, relayPorts: { first: number; last: number }): MmsgEngine {
  const engine = MmsgEngine.start({ upcalls, relayPorts, random: randomInt });
  if (typeof engine === 'string') throw new Error(engine);
  return engine;
}

/** Sockets and epolls of this process: node knows nothing of those we opened ourselves. */
function openSockets(): number {
  return readdirSync('/proc/self/fd')
    .map(linkOf)
    .filter(to => to.startsWith('socket:') || to.includes('[eventpoll]')).length;
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // closed since: the directory's own, say
  }
}
