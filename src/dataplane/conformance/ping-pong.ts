import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { type HeapProfiler, Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { type Channel, ipv4, type RelayId, withPort } from '../../wire/index.ts';
import type { Upcalls } from '../engine.ts';
import { MmsgEngine } from '../engines/index.ts';

/*
 * `node --expose-gc ping-pong.ts N` has datagrams go from a client to a peer and back, whose sockets are another process's, and prints
 * what the engine allocated for N of them once it was warm: garbage as well, whether collected or not; and what the heap kept. With `--trace-gc` V8 tells of
 * its collections (between `warm` and `done`).
 */
const datagrams = Number(process.argv[2] ?? 10_000_000);
const IN_FLIGHT = 32;
const RELAY = 0 as RelayId;
const HERE = ipv4(0x7f000001);
const CHANNEL_DATA = Uint8Array.of(0x40, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8);
const LOOK_MILLIS = 50;

const upcalls: Upcalls = {
  fromClient({ id }, bytes, start) {
    peer = withPort(HERE, (bytes[start + 1]! << 8) | bytes[start + 2]!);
    client = id;
    engine.openRelay({ relay: RELAY, client: id, ip: HERE, port: 'any', dontFragment: false });
  },
  fromPeer: () => {},
  relayOpened() {
    engine.permit(RELAY, HERE);
    engine.installChannel(RELAY, 0x4000 as Channel, peer);
    for (let i = 0; i < IN_FLIGHT; i++) engine.toClient(client, CHANNEL_DATA, 0, CHANNEL_DATA.length);
  },
  relayFailed: (_, why) => {
    throw new Error(why);
  },
};
let peer = withPort(HERE, 0);
let client: Parameters<MmsgEngine['toClient']>[0];
const engine = MmsgEngine.start({
  relayPorts: { first: 10_000, last: 11_999 },
  random: randomInt,
  upcalls,
}) as MmsgEngine;
const { port } = await engine.listen(withPort(HERE, 0));
const echoes = fork(fileURLToPath(new URL('ping-pong-echoes.ts', import.meta.url)), [`${port}`], { execArgv: [] });

await relayed(datagrams / 5);
globalThis.gc!();
const kept = process.memoryUsage().heapUsed;
const inspector = new Session();
inspector.connect();
await inspector.post('HeapProfiler.startSampling', {
  samplingInterval: 128,
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true,
});
process.stdout.write('warm\n');
const before = process.memoryUsage();
await relayed(datagrams + datagrams / 5);
const after = process.memoryUsage();
const inTurns = await sampledInTurns();
const figures = {
  datagrams,
  inTurns,
  heapGrowth: after.heapUsed - before.heapUsed,
  externalGrowth: after.external - before.external,
  keptGrowth: await keptSince(kept),
};
process.stdout.write(`done ${JSON.stringify(figures)}\n`);
echoes.kill();
await engine.close();

/** The profile itself is let go at once: it is large. */
async function sampledInTurns(): Promise<number> {
  const { profile } = await inspector.post('HeapProfiler.stopSampling');
  return allocatedIn(profile.head, false);
}

/** Bytes allocated below the functions of the engine's own files. */
function allocatedIn(
  { callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode,
  isBelow: boolean,
): number {
  const isIn = isBelow || callFrame.url.endsWith('mmsg-sockets.ts');
  return children.reduce((sum, child) => sum + allocatedIn(child, isIn), isIn ? selfSize : 0);
}

/** What of the heap is still in use when garbage and the profiler are gone. */
async function keptSince(before: number): Promise<number> {
  inspector.disconnect();
  await new Promise(resolve => setTimeout(resolve, LOOK_MILLIS));
  globalThis.gc!();
  return process.memoryUsage().heapUsed - before;
}

/** Looks rarely: looking makes objects. */
function relayed(goal: number): Promise<void> {
  return new Promise(resolve => {
    const timer = setInterval(() => {
      if (count() < goal) return;
      clearInterval(timer);
      resolve();
    }, LOOK_MILLIS);
  });
}

function count(): number {
  const { relayedToPeers, relayedToClients } = engine.counters();
  return relayedToPeers.datagrams + relayedToClients.datagrams;
}
