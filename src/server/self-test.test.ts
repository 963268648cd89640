import { afterEach, describe, expect, test } from 'vitest';
import { EdgeBench, type EdgeDifferences } from '../../test/testkit/edge-bench.ts';
import { EdgeClient } from '../../test/testkit/edge-client.ts';
import { pause } from '../../test/testkit/stream-bytes.ts';
import { parseIp, type TransportAddress, withPort } from '../wire/index.ts';
import { SelfTest } from './self-test.ts';

const BOTH = { address: ['127.0.0.1', '::1'] };
/** A result is kept for two seconds. */
const FRESH_MILLIS = 2_000;

let bench: EdgeBench;
const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  await bench.close();
});

async function start(differences: EdgeDifferences = {}): Promise<void> {
  bench = await EdgeBench.start(differences);
}

function at(port: number, ip = '127.0.0.1'): TransportAddress {
  return withPort(parseIp(ip)!, port);
}

describe('an edge is ready', () => {
  test('when a datagram gets through each listener of each family', async () => {
    await start({ external: BOTH });
    const [udp4, udp6] = bench.edge.ports.udp;
    const [tcp4, tcp6] = bench.edge.ports.tcp;
    expect(await bench.edge.readiness()).toEqual({
      ready: true,
      checks: {
        [`udp 127.0.0.1:${udp4}`]: 'ok',
        [`udp [::1]:${udp6}`]: 'ok',
        [`tcp 127.0.0.1:${tcp4}`]: 'ok',
        [`tcp [::1]:${tcp6}`]: 'ok',
      },
    });
  });

  test.each<[string, EdgeDifferences]>([
    ['peers may be nowhere on this machine', { external: { ...BOTH, peers: {} } }],
    ['peers are denied altogether', { external: { ...BOTH, peers: { deny: ['0.0.0.0/0', '::/0'] } } }],
    ['strangers are met with silence', { limits: { answersPerSecond: 0 } }],
    ['one allocation is the limit', { limits: { allocations: 1, allocationsPerUser: 1, allocationsPerPrefix: 1 } }],
    ['credentials are static only', { credentials: { users: { alice: 'wonderland' } } }],
    ['there is no TCP', { external: { address: '127.0.0.1', tcp: [] } }],
  ])('although %s', async (_, differences) => {
    await start(differences);
    expect(await bench.edge.readiness()).toMatchObject({ ready: true });
  });

  test('although every allocation that quotas allow is taken, and takes none', async () => {
    await start({ limits: { allocations: 1 } });
    const client = await EdgeClient.udp(bench.udp);
    undo.push(() => client.close());
    await client.allocate();
    expect((await bench.edge.readiness()).ready).toBe(true);
  });
});

describe('an edge is not ready', () => {
  test('when relay ports are exhausted, and says so, and is again when there are some', async () => {
    await start({ relayPorts: '1500-1500' });
    const client = await EdgeClient.udp(bench.udp);
    undo.push(() => client.close());
    await client.allocate();
    const [udp, tcp] = [`udp 127.0.0.1:${bench.udp}`, `tcp 127.0.0.1:${bench.tcp}`];
    expect(await bench.edge.readiness()).toEqual({
      ready: false,
      checks: { [udp]: 'answered 508 Insufficient Capacity', [tcp]: 'answered 508 Insufficient Capacity' },
    });
    await client.refresh(0);
    await pause(FRESH_MILLIS + 50);
    // One port serves one test at a time: the two ways in are tried together.
    expect(Object.values((await bench.edge.readiness()).checks)).toContain('ok');
  });

  test('when it can take no more connections', async () => {
    await start({ limits: { connections: 1 } });
    const client = await EdgeClient.tcp(bench.tcp);
    undo.push(() => client.close());
    await client.binding();
    const { ready, checks } = await bench.edge.readiness();
    expect(ready).toBe(false);
    expect(checks[`udp 127.0.0.1:${bench.udp}`]).toBe('ok');
    expect(checks[`tcp 127.0.0.1:${bench.tcp}`]).toBe('no answer within 1000 ms');
  });

  test('when a listener is not there any more', async () => {
    await start();
    await bench.close();
    const gone = [
      { name: 'udp', transport: 'udp' as const, to: at(9) },
      { name: 'tcp', transport: 'tcp' as const, to: at(1) },
    ];
    const { ready, checks } = await new SelfTest(
      () => gone,
      () => 0,
    ).readiness();
    expect(ready).toBe(false);
    expect(checks.udp).toBe('no answer within 1000 ms');
    expect(checks.tcp).toContain('ECONNREFUSED');
  });

  test('without a listener', async () => {
    await start();
    expect(
      await new SelfTest(
        () => [],
        () => 0,
      ).readiness(),
    ).toEqual({ ready: false, checks: {} });
  });
});

describe('a test', () => {
  test('leaves nothing behind and no line at info', async () => {
    await start();
    await bench.edge.readiness();
    expect(await bench.metric('sallyport_relay_ports_used')).toBe(0);
    expect(await bench.metric('sallyport_allocations')).toBe(0);
    expect(bench.logged('allocation ended')).toEqual([]);
    expect(await bench.metric('sallyport_allocations_ended_total{reason="refreshed-to-zero",transport="udp"}')).toBe(0);
    const loud = bench.lines.filter(line => !/"level":"(debug|trace)"/.test(line));
    expect(loud.filter(line => line.includes('self-test'))).toEqual([]);
  });

  test('that fails halfway gives its allocation back', async () => {
    // Its name is a user like any other to this edge, so that its peer is refused.
    const ways = () => [{ name: 'udp', transport: 'udp' as const, to: at(bench.udp) }];
    const stranger = new SelfTest(ways, () => 0);
    await start({
      external: { peers: {} },
      credentials: { users: { [stranger.credential.username]: stranger.credential.password } },
    });
    expect((await stranger.readiness()).checks.udp).toBe('no relayed datagram came back');
    expect(await bench.metric('sallyport_relay_ports_used')).toBe(0);
    expect(bench.logged('allocation ended')).toMatchObject([{ reason: 'refreshed-to-zero' }]);
  });

  test('has a credential that no other edge takes', async () => {
    await start();
    const ways = () => [{ name: 'udp', transport: 'udp' as const, to: at(bench.udp) }];
    const { checks } = await new SelfTest(ways, () => 0).readiness();
    expect(checks.udp).toBe('answered 401');
  });

  test('may reach no peer but its own echo, and that only while it runs', async () => {
    await start();
    const ways = () => [{ name: 'udp', transport: 'udp' as const, to: at(bench.udp) }];
    const selfTest = new SelfTest(ways, () => 0);
    const others = [at(bench.udp), at(bench.tcp), at(22), at(0), at(1, '::1'), at(80, '10.0.0.1')];
    for (const peer of others) expect(selfTest.mayReach(peer)).toBe(false);
    await selfTest.readiness();
    for (const peer of others) expect(selfTest.mayReach(peer)).toBe(false);
  });

  test('is made once for all who ask at the same time', async () => {
    await start();
    const ways = () => [{ name: 'udp', transport: 'udp' as const, to: at(bench.udp) }];
    const selfTest = new SelfTest(ways, () => 0);
    const first = selfTest.readiness();
    expect(selfTest.readiness()).toBe(first);
    await first;
  });
});
