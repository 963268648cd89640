import { usageOf } from '../../src/load/server-cost.ts';
import { freePortPair } from '../../test/testkit/free-ports.ts';
import { type Load, runLoad } from './generator.ts';
import type { Pins } from './pins.ts';
import { grouped, markdownTable } from './rows.ts';
import { SERVER_IP, type Server, startServer } from './servers.ts';

const FLAGS = ['-n', '10', '--in-flight', '16'];
/** First of all: V8 compiles what is hot, and the heap takes its size. */
const WARM: Load = { transport: 'udp', flags: FLAGS, seconds: 5, warmup: 1 };
const PARTS = 5;

/** One line of `--trace-gc`. */
export interface Collection {
  readonly kind: 'young' | 'whole';
  readonly pauseMillis: number;
  readonly heapMegabytes: number;
}

export interface Part {
  readonly datagrams: number;
  readonly collections: readonly Collection[];
  readonly rssBytes: number;
}

/** The engine `mmsg` under `--trace-gc` until it has relayed so many datagrams, in parts that can be compared: what is allocated for each would show. */
export async function steady(datagrams: number, pins: Pins, say: (line: string) => void): Promise<string> {
  const udp = await freePortPair(SERVER_IP);
  const server = await startServer('mmsg', { udp, tls: udp + 1 }, pins, 1, ['--trace-gc']);
  try {
    const warm = await runLoad(server, WARM, pins);
    const perSecond = (warm.server?.relayed ?? 0) / warm.seconds;
    if (perSecond === 0) throw new Error('nothing was relayed');
    const seconds = Math.max(1, Math.ceil(datagrams / PARTS / perSecond));
    const parts: Part[] = [];
    let relayed = 0;
    while (relayed < datagrams) {
      const part = await measured(server, seconds, pins);
      parts.push(part);
      relayed += part.datagrams;
      say(`${grouped(relayed)} datagrams, ${part.collections.length} collections`);
    }
    return pageOf(parts);
  } finally {
    await server.stop();
  }
}

async function measured(server: Server, seconds: number, pins: Pins): Promise<Part> {
  const before = server.output().length;
  const report = await runLoad(server, { transport: 'udp', flags: FLAGS, seconds, warmup: 0 }, pins);
  return {
    datagrams: report.server?.relayed ?? 0,
    collections: collectionsIn(server.output().slice(before)),
    rssBytes: usageOf(server.pid)?.rssBytes ?? 0,
  };
}

/** `[pid:0x…]  1234 ms: Scavenge 24.1 (26.3) -> 23.5 (27.0) MB, 0.35 / 0.00 ms …` */
export function collectionsIn(output: string): Collection[] {
  const line = / ms: (Scavenge|Mark-Compact)[^\n]*-> ([\d.]+) \([\d.]+\) MB,(?: pooled: [\d.]+ MB,)? ([\d.]+) \//g;
  return [...output.matchAll(line)].map(([, kind, heap, pause]) => ({
    kind: kind === 'Scavenge' ? 'young' : 'whole',
    pauseMillis: Number(pause),
    heapMegabytes: Number(heap),
  }));
}

export function pageOf(parts: readonly Part[]): string {
  const head = ['relayed', 'collections, young', 'whole', 'paused for', 'heap after the last', 'memory of the process'];
  let relayed = 0;
  const rows = parts.map(({ datagrams, collections, rssBytes }) => {
    relayed += datagrams;
    const heap = collections.at(-1)?.heapMegabytes;
    return [
      grouped(relayed),
      `${collections.filter(({ kind }) => kind === 'young').length}`,
      `${collections.filter(({ kind }) => kind === 'whole').length}`,
      `${pausedMillis(collections).toFixed(1)} ms`,
      heap === undefined ? 'none' : `${heap.toFixed(1)} MB`,
      `${(rssBytes / 1024 / 1024).toFixed(1)} MB`,
    ];
  });
  const all = parts.flatMap(({ collections }) => collections);
  const perMillion = (all.length / relayed) * 1e6;
  return [
    markdownTable(head, rows),
    '',
    `${perMillion.toFixed(1)} collections for each million datagrams, ${pausedMillis(all).toFixed(0)} ms in all; the longest took ${Math.max(0, ...all.map(({ pauseMillis }) => pauseMillis)).toFixed(1)} ms.`,
  ].join('\n');
}

function pausedMillis(collections: readonly Collection[]): number {
  return collections.reduce((sum, { pauseMillis }) => sum + pauseMillis, 0);
}
