import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EdgeBench } from '../testkit/edge-bench.ts';
import { isMet, requires } from '../testkit/requires.ts';
import { NATIVE, WorkersBench } from '../testkit/workers-bench.ts';
import { Agents, LIBNICE, type Talk } from './libnice/agents.ts';

/** Fewer than the fifty of a release: `LIBNICE_RUNS=50`. */
const RUNS = Number(process.env.LIBNICE_RUNS ?? 3);

const agents = new Agents();
beforeEach(context => requires(context, 'gcc', 'pkg-config', LIBNICE, NATIVE));
afterAll(() => agents.remove());

const base64 = (text: string) => Buffer.from(text).toString('base64');
const ALICE = { user: base64('alice'), password: base64('wonderland') };
const OVER = [
  ['TCP', 'tcp'],
  ['pseudo-TLS', 'tls'],
] as const;

describe.each(['dgram', 'mmsg'] as const)('with the engine %s', engine => {
  let bench: EdgeBench;
  beforeAll(async () => {
    if (isMet(NATIVE)) bench = await EdgeBench.start({ engines: [engine] });
  });
  afterAll(() => bench?.close());

  test.each(OVER)(
    'two agents in the mode of Office Communicator 2007 R2 who may use nothing but their TCP relays hear each other, over %s',
    async (_, transport) => {
      for (let i = 0; i < RUNS; i++) {
        const { username: user, password } = bench.edge.mintRelayToken('alice');
        await agents.talk({ dialect: 'oc2007r2', transport, port: bench.tcp, user, password });
      }
    },
    60_000 + RUNS * 4_000,
  );

  test('agents of RFC 5245 and of the Microsoft mode are served at the same time on the same ports', async () => {
    const r2 = { dialect: 'oc2007r2', ...ALICE } as const;
    const standard = { dialect: 'rfc5245', user: 'bob', password: 'builder' } as const;
    const all: Talk[] = [
      { ...r2, transport: 'tcp', port: bench.tcp },
      { ...r2, transport: 'tls', port: bench.tcp },
      { ...r2, transport: 'udp', port: bench.udp },
      { ...standard, transport: 'udp', port: bench.udp },
      { ...standard, transport: 'tcp', port: bench.tcp },
    ];
    await Promise.all(all.map(one => agents.talk(one)));
    expect(bench.logged('allocation ended').length).toBeGreaterThanOrEqual(2 * all.length);
  });
});

describe('with two workers', () => {
  let bench: WorkersBench;
  beforeAll(async () => {
    if (isMet(NATIVE)) bench = await WorkersBench.start();
  });
  afterAll(() => bench?.close());

  test.each(OVER)(
    'agents whose relays may be different workers’ hear each other, over %s',
    async (_, transport) => {
      const talk: Talk = { dialect: 'oc2007r2', transport, port: bench.tcp, ...ALICE };
      for (let i = 0; i < 2 * RUNS; i++) await agents.talk(talk);
    },
    120_000 + RUNS * 8_000,
  );
});
