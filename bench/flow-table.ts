/**
 * CPU nanoseconds per look-up at 1, 1,000 and 100,000 allocations: `node bench/flow-table.ts [--rounds N] [--json]`. Each allocation has a
 * client, a permission and a channel. Two orders tell two costs apart: `busy` asks for the same 64 allocations over and over, which shows
 * the search; `any` asks for random ones among all, which adds what the machine takes to fetch memory that is in no cache. Sizes, orders
 * and cases alternate within each round; the loop around a look-up is included.
 */
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { ClientTable } from '../src/dataplane/clients.ts';
import { FlowTable, NO_FLOW } from '../src/dataplane/flows.ts';
import { type Channel, type ClientId, ipv4, type RelayId, withPort } from '../src/wire/index.ts';

const SIZES = [1, 1_000, 100_000];
const ORDERS = ['busy', 'any'] as const;
const BUSY = 64;
const LOOKUPS = 1 << 18;
const CHANNEL = 0x4000 as Channel;
const OTHER_CHANNEL = 0x4001 as Channel;
const PORT = 40_000;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, json: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);

/** Tables of one size, and an order in which they are asked. */
interface Subject {
  readonly key: string;
  readonly flows: FlowTable;
  readonly clients: ClientTable;
  readonly listener: number;
  readonly order: Int32Array;
}

/** Each runs all look-ups of an order and returns how many were found. Loops by index: an iterator would allocate. */
const CASES: Readonly<Record<string, { readonly finds: boolean; readonly run: (s: Subject) => number }>> = {
  'client to peer: channel': {
    finds: true,
    run: ({ flows, order }) => {
      let found = 0;
      for (let n = 0; n < LOOKUPS; n++) {
        const i = order[n]!;
        if (flows.flowOfChannel(i as ClientId, CHANNEL) !== NO_FLOW) found++;
      }
      return found;
    },
  },
  'client to peer: no such channel': {
    finds: false,
    run: ({ flows, order }) => {
      let found = 0;
      for (let n = 0; n < LOOKUPS; n++) {
        const i = order[n]!;
        if (flows.flowOfChannel(i as ClientId, OTHER_CHANNEL) !== NO_FLOW) found++;
      }
      return found;
    },
  },
  'peer to client: channel': {
    finds: true,
    run: ({ flows, order }) => {
      let found = 0;
      for (let n = 0; n < LOOKUPS; n++) {
        const i = order[n]!;
        if (flows.flowOfPeer(i as RelayId, 0, 0, 0xffff, addressOf(i), PORT) !== NO_FLOW) found++;
      }
      return found;
    },
  },
  'peer to client: no channel': {
    finds: false,
    run: ({ flows, order }) => {
      let found = 0;
      for (let n = 0; n < LOOKUPS; n++) {
        const i = order[n]!;
        if (flows.flowOfPeer(i as RelayId, 0, 0, 0xffff, addressOf(i), 1) !== NO_FLOW) found++;
      }
      return found;
    },
  },
  'permission: granted': {
    finds: true,
    run: ({ flows, order }) => {
      let found = 0;
      for (let n = 0; n < LOOKUPS; n++) {
        const i = order[n]!;
        if (flows.permits(i as RelayId, 0, 0, 0xffff, addressOf(i))) found++;
      }
      return found;
    },
  },
  'permission: none': {
    finds: false,
    run: ({ flows, order }) => {
      let found = 0;
      for (let n = 0; n < LOOKUPS; n++) {
        const i = order[n]!;
        if (flows.permits(i as RelayId, 0, 0, 0xffff, ~addressOf(i))) found++;
      }
      return found;
    },
  },
  'client by its 5-tuple': {
    finds: true,
    run: ({ clients, listener, order }) => {
      let found = 0;
      for (let n = 0; n < LOOKUPS; n++) {
        const i = order[n]!;
        if (clients.arrived(listener, 0, 0, 0xffff, addressOf(i), PORT).kept) found++;
      }
      return found;
    },
  },
  'a stranger': {
    finds: false,
    run: ({ clients, listener, order }) => {
      let found = 0;
      for (let n = 0; n < LOOKUPS; n++) {
        const i = order[n]!;
        if (clients.arrived(listener, 0, 0, 0xffff, addressOf(i), 1).kept) found++;
      }
      return found;
    },
  },
};

const subjects = SIZES.flatMap(subjectsOf);
const nanos = new Map<string, number[]>();
let mostGrowth = 0;
for (let round = -3; round < rounds; round++) {
  for (const [name, { run, finds }] of Object.entries(CASES)) {
    for (const subject of subjects) measure(name, subject, run, finds, round >= 0);
  }
}
report();

function measure(name: string, s: Subject, run: (s: Subject) => number, finds: boolean, isCounted: boolean): void {
  const heap = process.memoryUsage().heapUsed;
  const before = process.cpuUsage();
  const found = run(s);
  const took = process.cpuUsage(before).user * 1000;
  const growth = process.memoryUsage().heapUsed - heap;
  if (found !== (finds ? LOOKUPS : 0)) throw new Error(`${name}, ${s.key}: ${found} found`);
  if (!isCounted) return; // warming up
  mostGrowth = Math.max(mostGrowth, growth);
  const key = `${name}|${s.key}`;
  nanos.set(key, [...(nanos.get(key) ?? []), took / LOOKUPS]);
}

function report(): void {
  const results = Object.keys(CASES).flatMap(name =>
    ORDERS.flatMap(order => SIZES.map(size => resultOf(name, order, size))),
  );
  // A look-up that allocated a single object would cost sixteen bytes or more.
  const bytesPerLookup = mostGrowth / LOOKUPS;
  if (bytesPerLookup > 1) throw new Error(`look-ups allocate: ${bytesPerLookup.toFixed(1)} bytes each`);
  if (values.json) {
    const machine = {
      node: process.version,
      cpus: availableParallelism(),
      platform: `${process.platform} ${process.arch}`,
    };
    process.stdout.write(
      `${JSON.stringify({ bench: 'flow-table', ...machine, rounds, bytesPerLookup, results }, null, 2)}\n`,
    );
    return;
  }
  const lines = results.map(r => {
    const ns = [r.min, r.median, r.max].map(n => n.toFixed(1).padStart(7)).join(' ');
    return `${r.name.padEnd(32)} ${r.order.padEnd(5)} ${String(r.allocations).padStart(7)} ${ns} ${r.ratio.toFixed(2).padStart(6)}`;
  });
  const head = `${'look-up'.padEnd(32)} order  allocs     min  median     max to one`;
  process.stdout.write(`${[head, ...lines].join('\n')}\n\nCPU ns per look-up, ${rounds} rounds of ${LOOKUPS}; `);
  process.stdout.write(`at most ${bytesPerLookup.toFixed(3)} bytes of heap per look-up (the measurement's own)\n`);
}

function resultOf(name: string, order: string, allocations: number) {
  const sorted = sortedNanos(name, order, allocations);
  const one = sortedNanos(name, order, 1);
  const median = sorted[sorted.length >> 1]!;
  const ratio = median / one[one.length >> 1]!;
  return { name, order, allocations, min: sorted[0]!, median, max: sorted.at(-1)!, ratio };
}

function sortedNanos(name: string, order: string, allocations: number): number[] {
  return nanos.get(`${name}|${order}|${allocations}`)!.toSorted((a, b) => a - b);
}

function subjectsOf(size: number): Subject[] {
  const flows = new FlowTable(randomInt);
  const clients = new ClientTable(randomInt);
  const listener = clients.addListener(withPort(ipv4(1), 3478));
  for (let i = 0; i < size; i++) {
    const peer = withPort(ipv4(addressOf(i)), PORT);
    clients.hold(clients.arrived(listener, peer.w0, peer.w1, peer.w2, peer.w3, peer.port).id);
    flows.addRelay(i as RelayId, i as ClientId, 4);
    flows.permit(i as RelayId, peer);
    flows.installChannel(i as RelayId, CHANNEL, peer);
  }
  const busy = Array.from({ length: BUSY }, () => randomInt(size));
  return ORDERS.map(name => {
    const next = name === 'busy' ? () => busy[randomInt(BUSY)]! : () => randomInt(size);
    return { key: `${name}|${size}`, flows, clients, listener, order: Int32Array.from({ length: LOOKUPS }, next) };
  });
}

function addressOf(i: number): number {
  return 0x0a000000 + i;
}
