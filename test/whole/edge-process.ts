/*
 * An edge in a process of its own, for tests that weigh it: says its UDP port, then its resident memory whenever it is asked.
 * Started with --expose-gc and the configuration as its argument; ends when its parent disconnects.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createEdge } from '../../src/index.ts';

const edge = await createEdge(process.argv[2]!);
process.on('message', () => void weigh());
process.once('disconnect', () => void edge.close());
process.send!({ port: edge.ports.udp[0] });

/** V8 gives pages back some time after it has found them empty. */
async function weigh(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    globalThis.gc!();
    await pause(500);
  }
  process.send!({ resident: process.memoryUsage.rss() });
}
