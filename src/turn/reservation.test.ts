import { expect, test } from 'vitest';
import { openAll, RELAY_IPS, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { readReply } from '../../test/testkit/turn-reply.ts';
import { ATTRIBUTES, type RelayAddress, type RelayId, withPort } from '../wire/index.ts';
import { MOST_PER_IDENTITY } from './reservation.ts';

const A = ATTRIBUTES;

function reserved(bench: TurnBench, id: number): Uint8Array {
  const client = new TestClient(bench, id);
  return readReply(client.allocated(w => w.evenPort(true))).value(A.ReservationToken)!;
}

test('EVEN-PORT with R brings a token, and the token brings the next port to another 5-tuple', () => {
  const bench = new TurnBench();
  const token = reserved(bench, 1);
  expect(token).toHaveLength(8);
  const second = new TestClient(bench, 2);
  const asked = second.allocate(w => w.raw(A.ReservationToken, token));
  expect(said(asked)).toEqual(['open-relay 10.0.0.1 reserved 50001']);
  expect(readReply(openAll(bench, asked)).addresses(A.XorRelayedAddress)).toEqual(['192.0.2.99:50001']);
  expect(bench.server.counts().reservations).toBe(0);
  expect(said(bench.pass(60_000))).toEqual([]);
});

test('a token serves once', () => {
  const bench = new TurnBench();
  const token = reserved(bench, 1);
  new TestClient(bench, 2).allocated(w => w.raw(A.ReservationToken, token));
  const third = new TestClient(bench, 3);
  expect(said(third.allocate(w => w.raw(A.ReservationToken, token)))).toEqual([
    'refused reservation-unknown',
    'error 508',
  ]);
});

test('a token is worth nothing to another user', () => {
  const bench = new TurnBench();
  const token = reserved(bench, 1);
  const bob = new TestClient(bench, 2);
  bob.user = 'bob';
  expect(said(bob.allocate(w => w.raw(A.ReservationToken, token)))).toEqual([
    'refused reservation-unknown',
    'error 508',
  ]);
  expect(bench.server.counts().reservations).toBe(1);
});

test('a port nobody came for is given back after 30 seconds', () => {
  const bench = new TurnBench();
  const token = reserved(bench, 1);
  expect(said(bench.pass(29_999))).toEqual([]);
  expect(said(bench.pass(1))).toEqual(['release-reservation 50001']);
  expect(said(new TestClient(bench, 2).allocate(w => w.raw(A.ReservationToken, token)))).toEqual([
    'refused reservation-unknown',
    'error 508',
  ]);
});

test('a refused quota leaves the reservation to be claimed', () => {
  const bench = new TurnBench();
  const token = reserved(bench, 1);
  bench.rules.most = 1;
  const second = new TestClient(bench, 2);
  expect(said(second.allocate(w => w.raw(A.ReservationToken, token)))).toEqual(['refused user-quota', 'error 486']);
  bench.rules.most = 2;
  expect(said(second.allocate(w => w.raw(A.ReservationToken, token)))).toEqual(['open-relay 10.0.0.1 reserved 50001']);
});

test('a claim that fails gives the port back and says 508', () => {
  const bench = new TurnBench();
  const token = reserved(bench, 1);
  new TestClient(bench, 2).allocate(w => w.raw(A.ReservationToken, token));
  expect(said(bench.server.onRelayFailed(1 as RelayId, 'port-taken', bench.now))).toEqual([
    'refused reservation-unknown',
    'error 508',
    'release-reservation 50001',
  ]);
});

test('a claim cut short gives the port back', () => {
  const bench = new TurnBench();
  const token = reserved(bench, 1);
  const second = new TestClient(bench, 2, { transport: 'tcp' });
  second.allocate(w => w.raw(A.ReservationToken, token));
  expect(said(bench.server.onClientGone(second.tuple.id, bench.now))).toEqual([
    'close-relay 1',
    'release-reservation 50001',
  ]);
});

test('an engine that cannot hold the next port makes it 508, and the even port is given back', () => {
  const bench = new TurnBench();
  new TestClient(bench, 1).allocate(w => w.evenPort(true));
  const address = withPort(RELAY_IPS[4]!, 50000) as RelayAddress;
  expect(said(bench.server.onRelayOpened(0 as RelayId, address, undefined, bench.now))).toEqual([
    'refused no-ports',
    'error 508',
    'close-relay 0',
  ]);
  expect(bench.reservedNow).toBe(0);
});

test('EVEN-PORT without R holds nothing back, however often', () => {
  const bench = new TurnBench();
  const client = new TestClient(bench, 1);
  for (let i = 0; i < 200; i++) {
    client.allocated(w => w.evenPort(false));
    expect(bench.server.counts().reservations).toBe(0);
    expect(said(client.refresh(0))).toEqual(['success 0', 'close-relay 0', 'ended refreshed-to-zero']);
  }
});

test('an identity can hold so many ports back and no more, and the held ones come free', () => {
  const bench = new TurnBench();
  for (let id = 1; id <= MOST_PER_IDENTITY; id++) reserved(bench, id);
  const next = new TestClient(bench, 99);
  expect(said(next.allocate(w => w.evenPort(true)))).toEqual(['refused no-ports', 'error 508']);
  expect(bench.pass(30_000).filter(effect => effect.do === 'release-reservation')).toHaveLength(MOST_PER_IDENTITY);
  expect(said(next.allocate(w => w.evenPort(true)))).toEqual(['open-relay 10.0.0.1 even-and-next']);
});

test('stopping gives all held ports back', () => {
  const bench = new TurnBench();
  reserved(bench, 1);
  expect(said(bench.server.stop(bench.now))).toEqual(['close-relay 0', 'ended stopped', 'release-reservation 50001']);
  expect(bench.server.nextDeadline()).toBe(Infinity);
});

test('a token of another worker brings its port here, and everybody is told of what is held and claimed', () => {
  const news: string[] = [];
  const bench = new TurnBench(
    {},
    { onHeld: (_, { port }) => news.push(`held ${port}`), onClaimed: () => news.push('claimed') },
  );
  const token = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
  bench.server.onReservationElsewhere(token, { identity: 'alice', ip: RELAY_IPS[4]!, port: 61_001 }, bench.now);
  expect(news).toEqual([]); // they know
  const asked = new TestClient(bench, 2).allocate(w => w.raw(A.ReservationToken, token));
  expect(said(asked)).toEqual(['open-relay 10.0.0.1 reserved 61001']);
  reserved(bench, 3);
  expect(news).toEqual(['claimed', expect.stringMatching(/^held \d+$/)]);
});

test('a port claimed at another worker is not held here any more', () => {
  const bench = new TurnBench();
  const token = reserved(bench, 1);
  expect(said(bench.server.onReservationClaimedElsewhere(token))).toEqual(['release-reservation 50001']);
  expect(said(bench.server.onReservationClaimedElsewhere(token))).toEqual([]);
  expect(said(new TestClient(bench, 2).allocate(w => w.raw(A.ReservationToken, token)))).toContain('error 508');
  expect(bench.server.counts().reservations).toBe(0);
});
