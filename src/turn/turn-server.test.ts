import { expect, test } from 'vitest';
import { PEER, RELAY_IPS, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { readReply } from '../../test/testkit/turn-reply.ts';
import { ATTRIBUTES, type RelayAddress, type RelayId } from '../wire/index.ts';

function crowd(bench = new TurnBench()): TurnBench {
  for (const [id, user] of [
    [1, 'alice'],
    [2, 'bob'],
    [3, 'alice'],
  ] as const) {
    const client = new TestClient(bench, id, { transport: id === 3 ? 'tls' : 'udp' });
    client.user = user;
    client.allocated();
    client.bind(0x4000, PEER);
  }
  return bench;
}

test('a closed stream takes its allocation with it, and nobody else’s', () => {
  const bench = crowd();
  const [, , third] = [...bench.server.sessions()];
  expect(said(bench.server.onClientGone(third!.clientId, bench.now))).toEqual(['close-relay 2', 'ended client-closed']);
  expect(bench.server.onClientGone(third!.clientId, bench.now)).toEqual([]);
  expect(bench.server.counts().allocations).toBe(2);
});

test('a stream that closes while its relay is opened leaves no record and no quota', () => {
  const bench = new TurnBench();
  const client = new TestClient(bench, 1, { transport: 'tcp' });
  client.allocate();
  expect(said(bench.server.onClientGone(client.tuple.id, bench.now))).toEqual(['close-relay 0']);
  expect(bench.reservedNow).toBe(0);
  expect(bench.server.nextDeadline()).toBe(Infinity);
});

test('stopping ends all, once', () => {
  const bench = crowd();
  expect(said(bench.server.stop(bench.now))).toEqual([
    'close-relay 0',
    'ended stopped',
    'close-relay 1',
    'ended stopped',
    'close-relay 2',
    'ended stopped',
  ]);
  expect(bench.server.stop(bench.now)).toEqual([]);
  expect(bench.server.counts()).toEqual({
    allocations: 0,
    connections: 0,
    permissions: 0,
    channels: 0,
    reservations: 0,
  });
  expect(bench.reservedNow).toBe(0);
  expect(bench.server.nextDeadline()).toBe(Infinity);
});

test('killing a user ends all that user has, and nothing else', () => {
  const bench = crowd();
  expect(said(bench.server.kill('alice', bench.now))).toEqual([
    'close-relay 0',
    'ended killed',
    'close-relay 2',
    'ended killed',
  ]);
  expect([...bench.server.sessions()].map(({ user }) => user)).toEqual(['bob']);
});

test('a user is killed by identity, too, whatever the credential was called', () => {
  const bench = new TurnBench();
  bench.rules.users = { '1700003600:carol': 'x' };
  const client = new TestClient(bench, 1);
  client.user = '1700003600:carol';
  client.allocated();
  expect(said(bench.server.kill('carol', bench.now))).toEqual(['close-relay 0', 'ended killed']);
});

test('sessions tell who holds what, and only what has been answered', () => {
  const bench = crowd();
  new TestClient(bench, 4).allocate();
  const sessions = [...bench.server.sessions()];
  expect(sessions).toHaveLength(3);
  expect(sessions[2]).toMatchObject({
    user: 'alice',
    identity: 'alice',
    transport: 'tls',
    clientId: 3,
    client: { port: 5003 },
    relays: [{ relay: 2, address: { port: 50004 } }],
    since: bench.now,
    expires: bench.now + 600_000,
    permissions: 1,
    channels: 1,
  });
  expect(bench.server.counts()).toEqual({
    allocations: 4,
    connections: 0,
    permissions: 3,
    channels: 3,
    reservations: 0,
  });
});

test('a client that is lent is copied: its record does not follow the next stranger’s', () => {
  const bench = new TurnBench();
  const client = new TestClient(bench, 1);
  const lent = { ...client.tuple.address };
  const bytes = client.signed(3, w => w.raw(ATTRIBUTES.RequestedTransport, [17, 0, 0, 0]));
  bench.server.onMessage({ ...client.tuple, address: lent }, bytes, 0, bytes.length, bench.now);
  lent.port = 1;
  const address = { ...RELAY_IPS[4]!, port: 50000 } as RelayAddress;
  const reply = readReply(bench.server.onRelayOpened(0 as RelayId, address, undefined, bench.now));
  expect(reply.addresses(ATTRIBUTES.XorMappedAddress)).toEqual(['198.51.100.7:5001']);
  expect([...bench.server.sessions()][0]?.client.port).toBe(5001);
});

test('relay numbers are used again, so that tables stay as small as the most there ever was', () => {
  const bench = new TurnBench();
  const client = new TestClient(bench, 1);
  for (let i = 0; i < 100; i++) {
    expect(client.allocate()).toMatchObject([{ relay: 0 }]);
    bench.server.onRelayFailed(0 as never, 'no-ports', bench.now);
  }
});

test('a datagram touches no timer: sending and receiving leave the next deadline where it is', () => {
  const bench = crowd();
  const before = bench.server.nextDeadline();
  const client = new TestClient(bench, 1);
  bench.now += 1000;
  for (let i = 0; i < 100; i++) client.indicate(PEER, Buffer.from('x'));
  expect(bench.server.nextDeadline()).toBe(before);
});

test('a deadline told too early, late or twice changes nothing but what is due', () => {
  const bench = crowd();
  expect(bench.server.onDeadline(bench.now)).toEqual([]);
  const due = bench.server.onDeadline(bench.now + 10_000_000);
  expect(said(due).filter(line => line === 'ended expired')).toHaveLength(3);
  expect(bench.server.onDeadline(bench.now + 10_000_000)).toEqual([]);
});

test('a realm too long for its attribute is our mistake, at start', () => {
  expect(() => new TurnBench({ realm: 'r'.repeat(764) })).toThrow(/realm/);
});
