import { describe, expect, test } from 'vitest';
import { openAll, PEER, peer, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { readReply } from '../../test/testkit/turn-reply.ts';
import {
  ATTRIBUTES,
  CLASSES,
  type ClientId,
  type LinkId,
  METHODS,
  MessageView,
  type RelayId,
  readConnectionId,
  type TransportAddress,
} from '../wire/index.ts';
import type { Effect } from './effects.ts';

const LINK = 0 as LinkId;
const RELAY = 0 as RelayId;
const OTHER = peer('203.0.113.9', 4001);
const STRANGER = peer('203.0.113.77', 1);

/** A client on a stream with a TCP relay. */
function allocated(bench = new TurnBench({ lifetimeSeconds: { default: 3600, most: 3600 } }), id = 1): TestClient {
  const client = new TestClient(bench, id, { transport: 'tcp' });
  client.learnNonce();
  openAll(
    bench,
    client.request(METHODS.Allocate, w => w.raw(ATTRIBUTES.RequestedTransport, [6, 0, 0, 0])),
  );
  return client;
}

const connect = (client: TestClient, to: TransportAddress) =>
  client.request(METHODS.Connect, w => w.xorAddress(ATTRIBUTES.XorPeerAddress, to));

const bind = (client: TestClient, id: number, signing = {}) =>
  client.request(METHODS.ConnectionBind, w => w.uint32(ATTRIBUTES.ConnectionId, id), signing);

function idIn(effects: readonly Effect[]): number {
  const reply = effects.find(effect => effect.do === 'reply')!;
  const view = new MessageView();
  view.read(reply.bytes, 0, reply.bytes.length);
  return readConnectionId(view, view.find(ATTRIBUTES.ConnectionId))!;
}

/** Another connection of the same client's user, without an allocation. */
function dataConnection(bench: TurnBench, id: number, user = 'alice'): TestClient {
  const client = new TestClient(bench, id, { transport: 'tcp' });
  client.user = user;
  client.learnNonce();
  return client;
}

describe('Connect', () => {
  test('is answered when the peer is connected, with a number, and the connection is bound by it', () => {
    const client = allocated();
    const { bench } = client;
    expect(said(connect(client, PEER))).toEqual(['connect-link 0 0 203.0.113.9:4000']);
    const connected = bench.server.onPeerConnected(LINK, bench.now);
    expect(said(connected)).toEqual(['success']);
    const data = dataConnection(bench, 2);
    expect(said(bind(data, idIn(connected)))).toEqual(['success', 'bind-link 0 2']);
    expect(said(bind(dataConnection(bench, 3), idIn(connected)))).toEqual(['refused connection-unknown', 'error 400']);
  });

  test('is answered 447 when there is no connection, or none after half a minute', () => {
    const client = allocated();
    const { bench } = client;
    connect(client, PEER);
    expect(said(bench.server.onLinkClosed(LINK))).toEqual(['refused connection-failed', 'error 447']);
    connect(client, PEER);
    expect(said(bench.pass(29_999))).toEqual([]);
    expect(said(bench.pass(1))).toEqual(['close-link 1', 'refused connection-failed', 'error 447']);
    expect(bench.server.onPeerConnected(1 as LinkId, bench.now)).toEqual([]);
    expect(bench.server.counts().connections).toBe(0);
  });

  test('gives half a minute to bind from the moment of the answer, however long connecting took', () => {
    const client = allocated();
    const { bench } = client;
    connect(client, PEER);
    bench.pass(29_000);
    bench.server.onPeerConnected(LINK, bench.now);
    expect(said(bench.pass(29_999))).toEqual([]);
    expect(said(bench.pass(1))).toEqual(['close-link 0', 'refused connection-not-bound']);
  });

  test('is answered 446 while there is a connection with that very peer, coming about or bound', () => {
    const client = allocated();
    connect(client, PEER);
    expect(said(connect(client, PEER))).toEqual(['refused connection-exists', 'error 446']);
    expect(said(connect(client, OTHER))).toEqual(['connect-link 1 0 203.0.113.9:4001']);
    client.bench.server.onLinkClosed(LINK);
    expect(said(connect(client, PEER))).toEqual(['connect-link 2 0 203.0.113.9:4000']);
  });

  test.each<[string, TransportAddress, string[]]>([
    ['a denied peer', STRANGER, ['refused peer-denied by test rule', 'error 403']],
    ['another family', peer('2001:db8::9', 1), ['refused peer-family-mismatch', 'error 443']],
    ['no port', peer('203.0.113.9', 0), ['refused bad-request', 'error 400']],
  ])('to %s is refused', (_, to, refusal) => {
    const client = allocated();
    client.bench.rules.denied = ({ w3 }) => w3 === STRANGER.w3;
    expect(said(connect(client, to))).toEqual(refusal);
  });

  test('has as many connections as the configuration allows, those that peers opened counted', () => {
    const client = allocated();
    client.permit(PEER);
    connect(client, PEER);
    connect(client, OTHER);
    client.bench.server.onPeerArrived(RELAY, peer('203.0.113.9', 7), client.bench.now);
    expect(said(connect(client, STRANGER))).toEqual(['refused connection-limit', 'error 508']);
    const { link, effects } = client.bench.server.onPeerArrived(RELAY, peer('203.0.113.9', 8), client.bench.now);
    expect([link, said(effects)]).toEqual([undefined, ['refused connection-limit']]);
  });
});

describe('a peer that comes', () => {
  test('is told of in a ConnectionAttempt, and closed when nobody binds it in half a minute', () => {
    const client = allocated();
    const { bench } = client;
    client.permit(PEER);
    const { link, effects } = bench.server.onPeerArrived(RELAY, OTHER, bench.now);
    const reply = readReply(effects);
    expect([link, reply.view.method, reply.view.class]).toEqual([0, METHODS.ConnectionAttempt, CLASSES.indication]);
    expect(reply.addresses(ATTRIBUTES.XorPeerAddress)).toEqual(['203.0.113.9:4001']);
    expect(idIn(effects)).toBeTypeOf('number');
    bench.pass(29_999);
    expect(bench.server.counts().connections).toBe(1);
    expect(said(bench.pass(1))).toEqual(['close-link 0', 'refused connection-not-bound']);
  });

  test('on its way to us while we are on ours to it is let in; a second one is not', () => {
    const client = allocated();
    const { bench } = client;
    client.permit(PEER);
    connect(client, PEER);
    expect(bench.server.onPeerArrived(RELAY, PEER, bench.now).link).toBe(1);
    expect(said(bench.server.onLinkClosed(LINK))).toEqual(['refused connection-failed', 'error 447']);
    const { link, effects } = bench.server.onPeerArrived(RELAY, PEER, bench.now);
    expect([link, said(effects)]).toEqual([undefined, ['refused connection-exists']]);
  });

  test('without a permission, or denied since, has no connection and nobody hears of it', () => {
    const client = allocated();
    const { bench } = client;
    client.permit(PEER);
    const arrived = (from: TransportAddress) => {
      const { link, effects } = bench.server.onPeerArrived(RELAY, from as typeof PEER, bench.now);
      return [link, said(effects)];
    };
    expect(arrived(STRANGER)).toEqual([undefined, ['refused peer-without-permission']]);
    bench.rules.denied = ({ port }) => port === 25;
    expect(arrived(peer('203.0.113.9', 25))).toEqual([undefined, ['refused peer-denied']]);
    bench.pass(300_000);
    expect(arrived(PEER)).toEqual([undefined, ['refused peer-without-permission']]);
  });
});

describe('ConnectionBind', () => {
  function waiting(): { bench: TurnBench; client: TestClient; id: number } {
    const client = allocated();
    connect(client, PEER);
    const { bench } = client;
    return { bench, client, id: idIn(bench.server.onPeerConnected(LINK, bench.now)) };
  }

  test('of another user, over UDP, on the control connection or before the peer is there is refused', () => {
    const { bench, client, id } = waiting();
    expect(said(bind(dataConnection(bench, 2, 'bob'), id))).toEqual(['refused wrong-credentials', 'error 441']);
    const datagrams = new TestClient(bench, 3);
    expect(said(bind(datagrams, id))).toEqual(['refused bad-request', 'error 400']);
    expect(said(bind(client, id))).toEqual(['refused bad-request', 'error 400']);
    expect(said(bind(dataConnection(bench, 4), (id + 1) >>> 0))).toEqual(['refused connection-unknown', 'error 400']);
  });

  test('without integrity is challenged on a stream, and a stranger’s datagram is not', () => {
    const { bench, id } = waiting();
    const bare = (client: TestClient) =>
      said(
        client.send(
          client.message(METHODS.ConnectionBind, CLASSES.request, w => w.uint32(ATTRIBUTES.ConnectionId, id)),
        ),
      );
    expect(bare(new TestClient(bench, 5, { transport: 'tls' }))).toEqual(['refused unauthenticated', 'error 401']);
    expect(bare(new TestClient(bench, 6))).toEqual(['refused stranger-method']);
  });

  test('keeps the connection beyond its half minute, and its end makes room', () => {
    const { bench, id } = waiting();
    bind(dataConnection(bench, 2), id);
    expect(said(bench.pass(60_000))).toEqual([]);
    expect(bench.server.counts().connections).toBe(1);
    expect(bench.server.onLinkClosed(LINK)).toEqual([]);
    expect(bench.server.counts().connections).toBe(0);
  });

  test('of a connection of another worker is asked there, answered as that says, and asked once at a time', () => {
    const { bench, id } = waiting();
    const elsewhere = new TurnBench({ worker: { index: 1, count: 2 } });
    const own = id - (id % 2);
    const data = dataConnection(elsewhere, 2);
    expect(said(bind(data, own))).toEqual(['bind-elsewhere 0 alice']);
    expect(bind(data, own)).toEqual([]);
    expect(bench.server.bindForElsewhere(id, 'bob')).toBe('wrong-credentials');
    expect(bench.server.bindForElsewhere(id, 'alice')).toBe(LINK);
    expect(bench.server.bindForElsewhere(id, 'alice')).toBe('connection-unknown');
    expect(said(elsewhere.server.onBoundElsewhere(2 as ClientId, own, undefined))).toEqual(['success']);
    bind(data, own);
    expect(said(elsewhere.server.onBoundElsewhere(2 as ClientId, own, 'connection-unknown'))).toEqual([
      'refused connection-unknown',
      'error 400',
    ]);
    bind(data, own);
    elsewhere.server.onClientGone(2 as ClientId, elsewhere.now);
    expect(elsewhere.server.onBoundElsewhere(2 as ClientId, own, undefined)).toEqual([]);
  });

  test('a CONNECTION-ID names the worker that drew it', () => {
    const bench = new TurnBench({ worker: { index: 2, count: 3 }, connectionsPerAllocation: 50 });
    const client = allocated(bench);
    for (let i = 0; i < 50; i++) {
      connect(client, peer('203.0.113.9', 1000 + i));
      expect(idIn(bench.server.onPeerConnected(i as LinkId, bench.now)) % 3).toBe(2);
    }
  });
});

describe('a TCP relay', () => {
  const ask = (
    client: TestClient,
    protocol: number,
    more: (w: Parameters<NonNullable<Parameters<TestClient['request']>[1]>>[0]) => void = () => {},
  ) => {
    client.learnNonce();
    return said(
      client.request(METHODS.Allocate, w => {
        w.raw(ATTRIBUTES.RequestedTransport, [protocol, 0, 0, 0]);
        more(w);
      }),
    );
  };

  test('is had over streams alone, where the engine has them, and without what datagrams alone have', () => {
    const bench = new TurnBench({ canDontFragment: true });
    const stream = () => new TestClient(bench, 9, { transport: 'tls' });
    expect(ask(stream(), 6)).toEqual(['open-relay 10.0.0.1 any tcp']);
    const bad = ['refused bad-request', 'error 400'];
    expect(ask(new TestClient(bench, 1), 6)).toEqual(bad);
    const other = new TestClient(bench, 2, { transport: 'tcp' });
    expect(ask(other, 6, w => w.raw(ATTRIBUTES.DontFragment, []))).toEqual(bad);
    expect(ask(other, 6, w => w.evenPort(false))).toEqual(bad);
    expect(ask(other, 6, w => w.raw(ATTRIBUTES.ReservationToken, new Uint8Array(8)))).toEqual(bad);
    expect(ask(other, 132)).toEqual(['refused unsupported-transport', 'error 442']);
    const without = new TestClient(new TurnBench({ canRelayTcp: false }), 1, { transport: 'tcp' });
    expect(ask(without, 6)).toEqual(['refused unsupported-transport', 'error 442']);
  });

  test('has no channels and takes no Send indications', () => {
    const client = allocated();
    client.permit(PEER);
    expect(said(client.bind(0x4000, PEER))).toEqual(['refused channel-on-tcp-relay', 'error 403']);
    expect(said(client.indicate(PEER, Uint8Array.of(1)))).toEqual(['refused send-on-tcp-relay']);
    expect(client.bench.sent).toEqual([]);
  });

  test.each<[string, (client: TestClient) => readonly Effect[]]>([
    ['a Refresh to zero', client => client.refresh(0)],
    [
      'the end of its control connection',
      client => client.bench.server.onClientGone(client.tuple.id, client.bench.now),
    ],
    ['its lifetime', client => client.bench.pass(3_600_000)],
  ])('forgets its connections with %s', (_, end) => {
    const client = allocated();
    const { bench } = client;
    connect(client, PEER);
    const id = idIn(bench.server.onPeerConnected(LINK, bench.now));
    bind(dataConnection(bench, 2), id);
    expect(said(end(client))).toContain('close-relay 0');
    expect(bench.server.counts()).toMatchObject({ allocations: 0, connections: 0 });
    expect(bench.server.nextDeadline()).toBe(Infinity);
    expect(bench.server.onLinkClosed(LINK)).toEqual([]);
  });
});
