import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEdge } from '../../src/index.ts';
import { type LoadOptions, LoadRun, type TrafficPlan } from '../../src/load/index.ts';
import { parseIp, withPort } from '../../src/wire/index.ts';
import { freePortPair, isFree } from '../testkit/free-ports.ts';
import { Program } from '../testkit/program.ts';
import { requires } from '../testkit/requires.ts';

type Edge = Awaited<ReturnType<typeof createEdge>>;

const at = (ip: string, port: number) => withPort(parseIp(ip)!, port);
/** As few open files as the tests need. */
const LIMITS = { allocations: 1_000, connections: 100 };
const MODERATE: TrafficPlan = { kind: 'traffic', direction: 'echo', sizes: [172], pace: { perSecond: 100 } };

function options(ip: string, port: number, some: Partial<LoadOptions> = {}): LoadOptions {
  return {
    server: at(ip, port),
    transport: 'udp',
    serverName: undefined,
    credential: { username: 'alice', password: 'wonderland' },
    clients: 10,
    plan: MODERATE,
    usesIndications: false,
    usesRuns: false,
    from: at(ip, 0),
    peerAddress: at(ip, 0),
    peers: 2,
    externalPeer: undefined,
    allocates: true,
    seconds: 2,
    warmupSeconds: 0.2,
    count: undefined,
    pid: undefined,
    listsClients: false,
    spins: false,
    setupInFlight: 8,
    ...some,
  };
}

const load = (ip: string, port: number, some: Partial<LoadOptions> = {}) => new LoadRun(options(ip, port, some));

async function allocationsOf(edge: Edge): Promise<string | undefined> {
  return /^sallyport_allocations(?:\{.*\})? (\d+)$/m.exec(await edge.metrics())?.[1];
}

async function expectNoLoss(run: LoadRun): Promise<void> {
  const { setup, traffic, generator } = await run.run();
  expect(setup).toMatchObject({ ready: 10, failed: 0, failures: {} });
  expect(traffic).toMatchObject({ lost: 0, outOfOrder: 0 });
  expect(traffic!.received).toBe(traffic!.sent);
  // what a machine that is busy otherwise could not send was skipped, and told
  expect(traffic!.received + generator.skipped).toBeGreaterThan(1_500);
  expect(traffic!.delayMicros.p50).toBeGreaterThan(0);
}

describe.each(['127.0.0.1', '::1'])('a load on an edge of ours at %s', ip => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await createEdge({
      external: { address: ip, udp: 0, tcp: 0, peers: { allow: [ip === '::1' ? '::1/128' : '127.0.0.0/8'] } },
      credentials: { users: { alice: 'wonderland' } },
      limits: LIMITS,
    });
  });
  afterAll(() => edge.close());
  const udp = () => edge.ports.udp[0]!;
  const tcp = () => edge.ports.tcp[0]!;
  const allocations = () => allocationsOf(edge);

  test.concurrent.each<[string, Partial<LoadOptions>]>([
    ['channels', {}],
    ['indications', { usesIndications: true }],
    ['upwards', { plan: { ...MODERATE, direction: 'up' } }],
    ['downwards', { plan: { ...MODERATE, direction: 'down' } }],
    ['trains as one message', { plan: { ...MODERATE, sizes: [900, 900, 900, 500], pace: { perSecond: 25 } }, usesRuns: true }], // biome-ignore format: one line
    ['indications downwards', { plan: { ...MODERATE, direction: 'down' }, usesIndications: true }],
  ])('over UDP, %s: nothing is lost', async (_, some) => {
    await expectNoLoss(load(ip, udp(), some));
  });

  test.concurrent.each(['tcp', 'tls'] as const)('over %s: nothing is lost', async transport => {
    await expectNoLoss(load(ip, tcp(), { transport }));
    await expectNoLoss(load(ip, tcp(), { transport, usesIndications: true, seconds: 2 }));
  });

  test('a closed loop and a count: it ends there, and its allocations with it', async () => {
    const plan: TrafficPlan = { kind: 'traffic', direction: 'echo', sizes: [500], pace: { inFlight: 4 } };
    const { traffic, seconds } = await load(ip, udp(), { plan, count: 5_000, seconds: 60 }).run();
    expect(traffic).toMatchObject({ sent: 5_000, received: 5_000 });
    expect(seconds).toBeLessThan(30);
    expect(await allocations()).toBe('0');
  });

  test('allocations come and go, and none stays', async () => {
    const { churn } = await load(ip, udp(), { plan: { kind: 'churn' }, seconds: 1 }).run();
    expect(churn).toMatchObject({ failed: 0 });
    expect(churn!.allocations).toBeGreaterThan(20);
    expect(await allocations()).toBe('0');
  });

  test('a wrong password is told by its answer', async () => {
    const credential = { username: 'alice', password: 'looking-glass' };
    const { setup, traffic } = await load(ip, udp(), { credential, seconds: 0.2 }).run();
    expect(setup).toMatchObject({ ready: 0, failures: { 'Allocate was answered 401': 10 } });
    expect(traffic).toBeUndefined();
  });
});

test('an aborted run ends its allocations and reports what there was', async () => {
  const edge = await createEdge({
    external: { address: '127.0.0.1', udp: 0, tcp: [], peers: { allow: ['127.0.0.0/8'] } },
    credentials: { users: { alice: 'wonderland' } },
    limits: LIMITS,
  });
  try {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 1_000);
    const endless = options('127.0.0.1', edge.ports.udp[0]!, { seconds: 60, spins: true });
    const report = await new LoadRun(endless, { signal: abort.signal }).run();
    expect(report.seconds).toBeLessThan(10);
    expect(report.traffic?.received).toBeGreaterThan(0);
    expect(await allocationsOf(edge)).toBe('0');
  } finally {
    await edge.close();
  }
});

test('a load on coturn: nothing is lost', async context => {
  requires(context, 'turnserver');
  const port = await freePortPair('127.0.0.1');
  const flags = `-n --no-cli --no-tls --no-dtls -L 127.0.0.1 -p ${port} --allow-loopback-peers --lt-cred-mech -r example.test`;
  const files = '-u alice:wonderland --log-file /dev/null --pidfile /dev/null';
  const coturn = new Program('turnserver', `${flags} ${files}`.split(' '));
  try {
    await coturn.until(async () => !(await isFree('127.0.0.1', port)));
    await expectNoLoss(load('127.0.0.1', port));
    await expectNoLoss(load('127.0.0.1', port, { transport: 'tcp', usesIndications: true }));
    const { churn } = await load('127.0.0.1', port, { plan: { kind: 'churn' }, seconds: 1 }).run();
    expect(churn).toMatchObject({ failed: 0 });
  } finally {
    await coturn.stop();
  }
});
