import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LoadReport } from '../../src/load/index.ts';
import { Program, pause } from '../testkit/program.ts';
import { requires } from '../testkit/requires.ts';
import { endpoint } from '../testkit/turn-client.ts';
import { NATIVE, WorkersBench } from '../testkit/workers-bench.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const CLIENTS = 24;

let bench: WorkersBench | undefined;
beforeEach(context => requires(context, NATIVE));
afterEach(() => bench?.close());

test('kill -9 of one of two workers under load: calls on the other lose nothing, and it serves again within a second', async () => {
  const edge = await WorkersBench.start();
  bench = edge;
  const { client: witness } = await edge.on(1);
  const load = sallyportLoad(edge.udp);
  await load.until(async () => (await edge.metric('sallyport_allocations')) === CLIENTS + 1);
  await pause(1_500);
  edge.kill(1);
  const killedAt = performance.now();
  // waits in the socket that the dead one leaves to its replacement, which does not know this client, and says so
  expect((await witness.refresh(600)).code).toBe(437);
  const silence = performance.now() - killedAt;
  expect(edge.workerOf(await witness.relayed())).toBe(1);
  const { output } = await load.finish(20_000);
  const { perClient = [], traffic } = JSON.parse(output) as LoadReport;
  const on = (worker: number) => perClient.filter(({ relay }) => edge.workerOf(endpoint(relay)) === worker);
  const kept = on(2);
  expect([on(1).length + kept.length, kept.length > 0, on(1).length > 0]).toEqual([CLIENTS, true, true]);
  for (const { sent, received } of kept) expect([sent > 100, received]).toEqual([true, sent]);
  for (const { sent, received } of on(1)) expect(received).toBeLessThan(sent);
  expect(traffic!.lost).toBe(on(1).reduce((lost, { sent, received }) => lost + sent - received, 0));
  expect(silence).toBeLessThan(1_000);
});

/** The real command: each client a call's audio to a peer that sends it back. */
function sallyportLoad(port: number): Program {
  const who = ['--user', 'bob', '--password', 'builder', '--clients', `${CLIENTS}`];
  const what = ['--audio', '--seconds', '5', '--warmup', '0.2', '--per-client', '--json'];
  return new Program(process.execPath, [MAIN, 'load', `turn:127.0.0.1:${port}`, ...who, ...what]);
}
