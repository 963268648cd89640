import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../testkit/program.ts';
import { ipv6Loopback, isMet, requires } from '../testkit/requires.ts';
import { type Peer, startPeer, type UclientResult, uclient } from './coturn-tools.ts';
import { EDGES, ONE_EDGE, type Rig, startRig } from './rig.ts';

/**
 * Relays are drawn above the range from which the kernel gives other programs their ports: the clients of this test would otherwise
 * take one now and then that is held for a reservation.
 */
const relayPorts = '61000-65535';
const external = (address: string, peers: string) => ({ address, peers: { allow: [peers] } });

const STATIC = ['-u', 'alice', '-w', 'wonderland'];
const REST = ['-u', 'bob', '-W', 'north-wind'];

const udp = (edge: Rig) => edge.udp[0]!;
const tcp = (edge: Rig) => edge.tcp[0]!;
const otherTcp = (edge: Rig) => edge.tcp[1]!;

/** Over TLS one connection at a time: the tool's odds of a version that still exists fall with each. */
const ONE = { messages: 120, clients: 1 };
const RUNS = [
  { over: 'UDP', how: 'channels, a static user', flags: STATIC, port: udp },
  { over: 'UDP', how: 'indications, a static user', flags: ['-s', ...STATIC], port: udp },
  { over: 'UDP', how: 'channels, a REST secret', flags: REST, port: udp },
  { over: 'UDP', how: 'indications, a REST secret', flags: ['-s', ...REST], port: udp },
  { over: 'TCP', how: 'channels, a static user', flags: ['-t', ...STATIC], port: tcp },
  { over: 'TCP', how: 'indications, a REST secret', flags: ['-t', '-s', ...REST], port: otherTcp },
  { over: 'TLS', how: 'channels, a static user', flags: ['-t', '-S', '-c', ...STATIC], port: tcp, ...ONE },
  { over: 'TLS', how: 'indications, a static user', flags: ['-t', '-S', '-c', '-s', ...STATIC], port: tcp, ...ONE },
  { over: 'TLS', how: 'channels, a REST secret', flags: ['-t', '-S', '-c', ...REST], port: otherTcp, ...ONE },
  { over: 'TLS', how: 'indications, a REST secret', flags: ['-t', '-S', '-c', '-s', ...REST], port: otherTcp, ...ONE },
];

const TOOLS = ['turnutils_uclient', 'turnutils_peer', 'turnutils_stunclient'];

beforeEach(context => requires(context, ...TOOLS));

const FAMILIES = [
  { address: '127.0.0.1', peers: '127.0.0.0/8', family: [], needs: TOOLS },
  { address: '::1', peers: '::1/128', family: ['-x'], needs: [...TOOLS, ipv6Loopback] },
];

describe.each(EDGES.flatMap(runAs => FAMILIES.map(family => ({ ...runAs, ...family }))))(
  "coturn's client over $address, on $engine with $workers workers",
  ({ engine, workers, address, peers, family, needs }) => {
    let edge: Rig;
    let peer: Peer;

    beforeEach(context => requires(context, ...needs));
    beforeAll(async () => {
      if (!needs.every(isMet)) return;
      edge = await startRig({ engine, workers }, { relayPorts, external: external(address, peers) });
      peer = await startPeer(address);
    });
    afterAll(async () => {
      if (!needs.every(isMet)) return;
      await peer.stop();
      await edge.close();
    });

    describe.concurrent('relays', () => {
      test.each(RUNS)('over $over, $how: nothing is lost', async ({ flags, port, ...load }) => {
        const all = [...flags, ...family];
        expectNoLoss(await uclient({ server: address, port: port(edge), flags: all, peer, ...load }), 120);
      });
    });

    describe.concurrent('its other habits', () => {
      test.each([
        { habit: 'single allocations without RTCP', flags: ['-c'], sent: 120 },
        { habit: 'padded ChannelData', flags: ['-D'], sent: 120 },
        { habit: 'repeated permissions and channel binds', flags: ['-G'], sent: 120 },
      ])('$habit: nothing is lost', async ({ flags, sent }) => {
        const all = [...flags, ...family, ...STATIC];
        expectNoLoss(await uclient({ server: address, port: udp(edge), flags: all, peer }), sent);
      });

      test('two clients call each other through two relays: nothing is lost', async () => {
        const flags = ['-y', '-c', ...family, ...STATIC];
        expectNoLoss(await uclient({ server: address, port: udp(edge), flags }), 120);
      });

      test('a wrong password gets no allocation', async () => {
        const flags = ['-u', 'alice', '-w', 'looking-glass', ...family];
        const result = await uclient({ server: address, port: udp(edge), flags, peer });
        expect(result.sent).toBe(0);
        expect(result.output).toContain('Cannot complete Allocation');
      });

      test('a secret that is not ours gets no allocation', async () => {
        const flags = ['-u', 'bob', '-W', 'south-wind', ...family];
        const result = await uclient({ server: address, port: udp(edge), flags, peer });
        expect(result.sent).toBe(0);
      });
    });

    // one after the other: a client that is refused or gone must not cost the next one anything
    test.each([
      { what: 'protocol tests with broken messages', flags: ['-R'] },
      { what: 'negative tests', flags: ['-N'] },
      { what: 'clients that leave at random', flags: ['-B'] },
    ])("after the tool's own $what, the edge serves the next client", async ({ flags }) => {
      const port = udp(edge);
      await uclient({ server: address, port, flags: [...flags, ...family, ...STATIC], peer, timeoutMillis: 6_000 });
      expectNoLoss(
        await uclient({ server: address, port, flags: ['-c', ...family, ...STATIC], peer, messages: 20 }),
        40,
      );
    });
  },
);

/** The tool's Binding is the bare 20 bytes: over IPv6 its answer is 2.2 times that, more than the default lets go to strangers. */
test.for([
  { address: '127.0.0.1', peers: '127.0.0.0/8', limits: {}, needs: [] },
  { address: '::1', peers: '::1/128', limits: { amplification: 2.2 }, needs: [ipv6Loopback] },
])('a Binding from $address is told its address', async ({ address, peers, limits, needs }, context) => {
  requires(context, ...needs);
  const edge = await startRig(ONE_EDGE, { limits, external: external(address, peers) });
  const { status, output } = await run('turnutils_stunclient', ['-p', `${udp(edge)}`, address], 10_000);
  await edge.close();
  expect(output).toContain(`UDP reflexive addr: ${address}:`);
  expect(output).not.toContain('RFC 5780'); // the edge does not claim what it does not do
  expect(status).toBe(0);
});

function expectNoLoss(result: UclientResult, sent: number): void {
  const { output, ...figures } = result;
  expect(figures, output).toEqual({ status: 0, sent, received: sent, lost: 0, dropped: 0 });
}
