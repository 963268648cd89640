import { describe, expect, test } from 'vitest';
import { openAll, REALM, RELAY_IPS, said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import { readReply } from '../../test/testkit/turn-reply.ts';
import {
  ATTRIBUTES,
  longTermKey,
  METHODS,
  type MessageWriter,
  type RelayAddress,
  type RelayId,
  readAddressErrorCode,
  withPort,
} from '../wire/index.ts';

const A = ATTRIBUTES;
const V4 = [1, 0, 0, 0];
const V6 = [2, 0, 0, 0];
const EVEN = [0];
const EVEN_AND_NEXT = [0x80];

function client(settings: ConstructorParameters<typeof TurnBench>[0] = {}): TestClient {
  return new TestClient(new TurnBench(settings), 1);
}
const relay = (n: number) => n as RelayId;

test('success is said only once the socket exists', () => {
  const c = client();
  const asked = c.allocate();
  expect(asked).toEqual([
    {
      do: 'open-relay',
      relay: 0,
      client: 1,
      ip: RELAY_IPS[4],
      port: 'any',
      dontFragment: false,
      transport: 'udp',
      mostConnections: 3,
    },
  ]);
  const reply = readReply(openAll(c.bench, asked));
  expect(reply.isSuccess).toBe(true);
  expect(reply.addresses(A.XorRelayedAddress)).toEqual(['192.0.2.99:50000']); // as advertised, not as bound
  expect(reply.addresses(A.XorMappedAddress)).toEqual(['198.51.100.7:5001']);
  expect(reply.uint32(A.Lifetime)).toBe(600);
  expect(reply.isSealedBy('sha1', longTermKey('md5', 'alice', REALM, 'wonderland'))).toBe(true);
});

test.each<[string, (w: MessageWriter) => void, string[]]>([
  ['a malformed LIFETIME', w => w.raw(A.Lifetime, [1, 2]), ['refused bad-request', 'error 400']],
  ['DONT-FRAGMENT', w => w.flag(A.DontFragment), ['refused unknown-attribute', 'error 420']],
  ['an unknown attribute', w => w.flag(0x7ffe), ['refused unknown-attribute', 'error 420']],
  ['ICMP-like optional ones', w => w.flag(0xc057), ['open-relay 10.0.0.1 any']],
  ['IPv4 asked for', w => w.raw(A.RequestedAddressFamily, V4), ['open-relay 10.0.0.1 any']],
  ['IPv6 asked for', w => w.raw(A.RequestedAddressFamily, V6), ['open-relay 2001:db8::1 any']],
  [
    'a family nobody knows',
    w => w.raw(A.RequestedAddressFamily, [3, 0, 0, 0]),
    ['refused unsupported-family', 'error 440'],
  ],
  ['a malformed family', w => w.raw(A.RequestedAddressFamily, [1]), ['refused bad-request', 'error 400']],
  [
    'both families',
    w => w.raw(A.AdditionalAddressFamily, V6),
    ['open-relay 10.0.0.1 any', 'open-relay 2001:db8::1 any'],
  ],
  ['IPv4 in addition', w => w.raw(A.AdditionalAddressFamily, V4), ['refused bad-request', 'error 400']],
  [
    'both family attributes',
    w => w.raw(A.RequestedAddressFamily, V4).raw(A.AdditionalAddressFamily, V6),
    ['refused bad-request', 'error 400'],
  ],
  ['an even port', w => w.raw(A.EvenPort, EVEN), ['open-relay 10.0.0.1 even']],
  ['an even port and the next', w => w.raw(A.EvenPort, EVEN_AND_NEXT), ['open-relay 10.0.0.1 even-and-next']],
  ['a malformed EVEN-PORT', w => w.raw(A.EvenPort, [0, 0]), ['refused bad-request', 'error 400']],
  [
    'even ports in both families',
    w => w.raw(A.EvenPort, EVEN).raw(A.AdditionalAddressFamily, V6),
    ['open-relay 10.0.0.1 even', 'open-relay 2001:db8::1 even'],
  ],
  [
    'a reservation in both families',
    w => w.raw(A.EvenPort, EVEN_AND_NEXT).raw(A.AdditionalAddressFamily, V6),
    ['refused bad-request', 'error 400'],
  ],
  ['an unknown token', w => w.raw(A.ReservationToken, new Uint8Array(8)), ['refused reservation-unknown', 'error 508']],
  ['a malformed token', w => w.raw(A.ReservationToken, [1, 2, 3]), ['refused bad-request', 'error 400']],
  [
    'a token with EVEN-PORT',
    w => w.raw(A.ReservationToken, new Uint8Array(8)).raw(A.EvenPort, EVEN),
    ['refused bad-request', 'error 400'],
  ],
  [
    'a token with a family',
    w => w.raw(A.ReservationToken, new Uint8Array(8)).raw(A.RequestedAddressFamily, V4),
    ['refused bad-request', 'error 400'],
  ],
  [
    'a token with a second family',
    w => w.raw(A.ReservationToken, new Uint8Array(8)).raw(A.AdditionalAddressFamily, V6),
    ['refused bad-request', 'error 400'],
  ],
])('Allocate with %s', (_, write, expected) => {
  const c = client();
  expect(said(c.allocate(write))).toEqual(expected);
  expect(c.bench.reservedNow).toBe(expected[0]?.startsWith('open') ? 1 : 0);
});

test.each<[string, number[] | undefined, string[]]>([
  ['missing', undefined, ['refused bad-request', 'error 400']],
  ['malformed', [17], ['refused bad-request', 'error 400']],
  ['TCP', [6, 0, 0, 0], ['refused bad-request', 'error 400']], // over UDP: RFC 6062 §5.1
  ['nonsense', [99, 0, 0, 0], ['refused unsupported-transport', 'error 442']],
])('REQUESTED-TRANSPORT %s', (_, value, expected) => {
  const c = client();
  const effects = c.request(METHODS.Allocate, w => {
    if (value !== undefined) w.raw(A.RequestedTransport, value);
  });
  expect(said(effects)).toEqual(expected);
});

test('DONT-FRAGMENT is taken where the engine can, and named as unknown where it cannot', () => {
  const can = client({ canDontFragment: true });
  expect(can.allocate(w => w.flag(A.DontFragment))).toMatchObject([{ do: 'open-relay', dontFragment: true }]);
  const reply = readReply(client().allocate(w => w.flag(A.DontFragment)));
  expect(reply.value(A.UnknownAttributes)).toEqual(Uint8Array.of(0, A.DontFragment));
});

test('a repeated Allocate gets the same bytes again, or waits for them', () => {
  const c = client();
  const signing = { transactionId: new Uint8Array(12).fill(1) };
  const asked = c.allocate(() => {}, signing);
  expect(c.allocate(() => {}, signing)).toEqual([]);
  const [first] = openAll(c.bench, asked);
  c.bench.now += 400;
  expect(c.allocate(() => {}, signing)).toEqual([first]);
  expect(c.bench.reservedNow).toBe(1);
});

test('another Allocate on the same 5-tuple is 437, on its way or open', () => {
  const c = client();
  const asked = c.allocate();
  expect(said(c.allocate())).toEqual(['refused allocation-mismatch', 'error 437']);
  openAll(c.bench, asked);
  expect(said(c.allocate())).toEqual(['refused allocation-mismatch', 'error 437']);
});

test('another user who repeats a transaction id is told 437, not the answer', () => {
  const c = client();
  const signing = { transactionId: new Uint8Array(12).fill(1) };
  c.allocated(() => {}, signing);
  expect(said(c.allocate(() => {}, { ...signing, user: 'bob' }))).toEqual(['refused allocation-mismatch', 'error 437']);
});

test('until success is said, no other method has an allocation', () => {
  const c = client();
  c.allocate();
  expect(said(c.refresh())).toEqual(['refused allocation-mismatch', 'error 437']);
  expect(said(c.refresh(0))).toEqual(['refused allocation-mismatch', 'error 437']);
});

test.each([
  ['no-ports', 'no-ports'],
  ['port-taken', 'relay-failed'],
  ['denied', 'relay-failed'],
] as const)('a socket that cannot be had (%s) is 508, and gives the quota back', (why, refusal) => {
  const c = client();
  c.allocate();
  expect(said(c.bench.server.onRelayFailed(relay(0), why, c.bench.now))).toEqual([`refused ${refusal}`, 'error 508']);
  expect(c.bench.reservedNow).toBe(0);
  expect(c.bench.server.counts().allocations).toBe(0);
  expect(c.bench.server.nextDeadline()).toBe(Infinity);
  expect(said(c.allocate())).toEqual(['open-relay 10.0.0.1 any']);
});

test('a dual allocation says two addresses when both sockets exist, in whichever order they come', () => {
  const c = client();
  c.allocate(w => w.raw(A.AdditionalAddressFamily, V6));
  const { server, now } = c.bench;
  expect(server.onRelayOpened(relay(1), withPort(RELAY_IPS[6]!, 50002) as RelayAddress, undefined, now)).toEqual([]);
  const reply = readReply(
    server.onRelayOpened(relay(0), withPort(RELAY_IPS[4]!, 50000) as RelayAddress, undefined, now),
  );
  expect(reply.addresses(A.XorRelayedAddress)).toEqual(['192.0.2.99:50000', '[2001:db8::1]:50002']);
  expect(reply.has(A.AddressErrorCode)).toBe(false);
});

test('half of a dual allocation is a success that says what is missing', () => {
  const c = client();
  c.allocate(w => w.raw(A.AdditionalAddressFamily, V6));
  const { server, now } = c.bench;
  server.onRelayOpened(relay(0), withPort(RELAY_IPS[4]!, 50000) as RelayAddress, undefined, now);
  const { view, ...reply } = readReply(server.onRelayFailed(relay(1), 'no-ports', now));
  expect(reply.bytes.length).toBeGreaterThan(0);
  expect(readAddressErrorCode(view, view.find(A.AddressErrorCode))).toMatchObject({ family: 6, code: 508 });
});

test('a family the edge does not have is 440 in a dual success, and 440 alone', () => {
  const c = client();
  c.bench.rules.families = [4];
  expect(said(c.allocate(w => w.raw(A.RequestedAddressFamily, V6)))).toEqual([
    'refused unsupported-family',
    'error 440',
  ]);
  const { view } = readReply(c.allocated(w => w.raw(A.AdditionalAddressFamily, V6)));
  expect(readAddressErrorCode(view, view.find(A.AddressErrorCode))).toMatchObject({ family: 6, code: 440 });
});

test('an edge without IPv4 refuses the default family, and gives IPv6 to who asks for both', () => {
  const c = client();
  c.bench.rules.families = [6];
  expect(said(c.allocate())).toEqual(['refused unsupported-family', 'error 440']);
  const { view, ...reply } = readReply(c.allocated(w => w.raw(A.AdditionalAddressFamily, V6)));
  expect(reply.bytes.length).toBeGreaterThan(0);
  expect(readAddressErrorCode(view, view.find(A.AddressErrorCode))).toMatchObject({ family: 4, code: 440 });
  c.bench.rules.families = [];
  const other = new TestClient(c.bench, 2);
  expect(said(other.allocate(w => w.raw(A.AdditionalAddressFamily, V6)))).toEqual([
    'refused unsupported-family',
    'error 440',
  ]);
});

test('a dual allocation of which nothing can be had is 508 and leaves nothing', () => {
  const c = client();
  c.allocate(w => w.raw(A.AdditionalAddressFamily, V6));
  const { server, now } = c.bench;
  server.onRelayFailed(relay(0), 'no-ports', now);
  expect(said(server.onRelayFailed(relay(1), 'no-ports', now))).toEqual(['refused no-ports', 'error 508']);
  expect(c.bench.reservedNow).toBe(0);
});

test('the quota is taken before a socket is asked for: a burst cannot outrun it', () => {
  const bench = new TurnBench();
  bench.rules.most = 2;
  const burst = [1, 2, 3, 4].map(id => said(new TestClient(bench, id).allocate())[0]);
  expect(burst).toEqual([
    'open-relay 10.0.0.1 any',
    'open-relay 10.0.0.1 any',
    'refused user-quota',
    'refused user-quota',
  ]);
});

test('with a quota of one, churn always ends in 486 for the second', () => {
  const bench = new TurnBench();
  bench.rules.most = 1;
  const [first, second] = [new TestClient(bench, 1), new TestClient(bench, 2)];
  for (let i = 0; i < 50; i++) {
    expect(said(first.allocated())).toEqual(['success 600']);
    expect(said(second.allocate())).toEqual(['refused user-quota', 'error 486']);
    first.refresh(0);
  }
});

test.each([
  [undefined, 600],
  [0, 600],
  [1, 600],
  [601, 601],
  [3600, 3600],
  [3601, 3600],
  [0xffffffff, 3600],
])('a lifetime of %s is granted as %i', (asked, granted) => {
  const reply = readReply(
    client().allocated(w => {
      if (asked !== undefined) w.uint32(A.Lifetime, asked);
    }),
  );
  expect(reply.uint32(A.Lifetime)).toBe(granted);
});

test('the default and the most are the operator’s', () => {
  const settings = { lifetimeSeconds: { default: 60, most: 90 } };
  expect(readReply(client(settings).allocated()).uint32(A.Lifetime)).toBe(60);
  expect(readReply(client(settings).allocated(w => w.uint32(A.Lifetime, 1000))).uint32(A.Lifetime)).toBe(90);
});

test('no lifetime reaches beyond the credential, and the allocation ends with it', () => {
  const c = client();
  c.bench.rules.credentialEnds = c.bench.now + 100_500;
  expect(said(c.allocated())).toEqual(['success 100']);
  expect(said(c.bench.pass(100_499))).toEqual([]);
  expect(said(c.bench.pass(1))).toEqual(['close-relay 0', 'ended credential-expired']);
});

test('a socket that is never answered for does not hold the quota for ever', () => {
  const c = client();
  c.allocate();
  expect(said(c.bench.pass(600_000))).toEqual(['refused relay-failed', 'error 508', 'close-relay 0']);
  expect(c.bench.reservedNow).toBe(0);
});

test('an answer about a relay that is gone does nothing', () => {
  const c = client();
  c.allocated();
  c.refresh(0);
  const { server, now } = c.bench;
  expect(server.onRelayOpened(relay(0), withPort(RELAY_IPS[4]!, 1) as RelayAddress, undefined, now)).toEqual([]);
  expect(server.onRelayFailed(relay(7), 'denied', now)).toEqual([]);
});

test('attributes after MESSAGE-INTEGRITY are not obeyed', () => {
  const c = client();
  c.learnNonce();
  const signed = c.signed(METHODS.Allocate, w => w.raw(A.RequestedTransport, [17, 0, 0, 0]));
  const bytes = new Uint8Array(signed.length + 8 + 8 + 8);
  bytes.set(signed);
  bytes.set([0, A.Lifetime, 0, 4, 0, 0, 0x0e, 0x10], signed.length);
  bytes.set([0, A.RequestedAddressFamily, 0, 4, 2, 0, 0, 0], signed.length + 8);
  bytes.set([0x7f, 0xff, 0, 4, 0, 0, 0, 0], signed.length + 16);
  new DataView(bytes.buffer).setUint16(2, bytes.length - 20);
  const asked = c.send(bytes);
  expect(said(asked)).toEqual(['open-relay 10.0.0.1 any']);
  expect(said(openAll(c.bench, asked))).toEqual(['success 600']);
});

describe('a quota that is asked elsewhere and refuses later', () => {
  test.each(['user-quota', 'prefix-quota', 'total-quota'] as const)(
    '%s is answered 486, and the place given back',
    why => {
      const bench = new TurnBench();
      const client = new TestClient(bench, 1);
      client.allocate();
      expect(said(bench.server.onRelayFailed(0 as RelayId, why, bench.now))).toEqual([`refused ${why}`, 'error 486']);
      expect([bench.reservedNow, bench.server.counts().allocations]).toEqual([0, 0]);
    },
  );

  test('it is what a client of two families hears, whatever became of its relays', () => {
    const bench = new TurnBench();
    const client = new TestClient(bench, 1);
    client.allocate(w => w.raw(ATTRIBUTES.AdditionalAddressFamily, [2, 0, 0, 0]));
    bench.server.onRelayFailed(0 as RelayId, 'no-ports', bench.now);
    expect(said(bench.server.onRelayFailed(1 as RelayId, 'user-quota', bench.now))).toContain('error 486');
    expect(bench.reservedNow).toBe(0);
  });
});
