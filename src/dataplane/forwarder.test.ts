import { expect, test } from 'vitest';
import { dice } from '../../test/testkit/index.ts';
import { type Channel, type ClientId, ipv4, type RelayAddress, type RelayId, withPort } from '../wire/index.ts';
import { HEADROOM, type Upcalls } from './engine.ts';
import { Forwarder } from './forwarder.ts';
import type { OwnRelays } from './near-relays.ts';
import type { PacketSockets, Sent } from './packet-sockets.ts';

const CLIENT = withPort(ipv4(0xcb007101), 50_000);
const PEER = withPort(ipv4(0xcb007102), 40_000);
const RELAY = 0 as RelayId;
const CHANNEL = 0x4000 as Channel;

test('relaying 900,000 datagrams each way allocates nothing', () => {
  const { forwarder } = scene();
  const frame = Uint8Array.of(0x40, 0, 0, 4, 1, 2, 3, 4);
  const arrival = new Uint8Array(HEADROOM + 172);
  const relay = (times: number) => {
    for (let i = 0; i < times; i++) {
      forwarder.datagramFromClient(0, 0, 0, 0xffff, CLIENT.w3, CLIENT.port, frame, 0, 8);
      forwarder.datagramFromPeer(RELAY, 0, 0, 0xffff, PEER.w3, PEER.port, arrival, HEADROOM, arrival.length);
    }
  };
  relay(200_000);
  const growths = [1, 2, 3].map(() => {
    const before = process.memoryUsage().heapUsed;
    relay(300_000);
    return process.memoryUsage().heapUsed - before;
  });
  expect(forwarder.traffic.of(RELAY).toPeers.datagrams).toBe(1_100_000);
  // One object per datagram would be 10 MB; what is left is the test runner's. A collection in between shows as a negative figure.
  expect(Math.min(...growths.map(Math.abs))).toBeLessThan(300_000);
});

test('what crosses from relay to relay allocates nothing', () => {
  const { forwarder, relays } = crossing();
  const frame = Uint8Array.of(0x40, 0, 0, 4, 1, 2, 3, 4);
  const cross = (times: number) => {
    for (let i = 0; i < times; i++) {
      frame[1] = 0; // a crossing writes its own header over this one
      forwarder.datagramFromClient(0, 0, 0, 0xffff, CLIENT.w3, CLIENT.port, frame, 0, 8);
      forwarder.toPeer(relays[0], NAMES[1], frame, 4, 8, false);
    }
  };
  cross(200_000);
  const growths = [1, 2, 3].map(() => {
    const before = process.memoryUsage().heapUsed;
    cross(300_000);
    return process.memoryUsage().heapUsed - before;
  });
  expect(forwarder.counters().relayedAcross.datagrams).toBe(2_200_000);
  expect(forwarder.traffic.of(relays[1]).toClients.datagrams).toBe(2_200_000);
  expect(Math.min(...growths.map(Math.abs))).toBeLessThan(300_000);
});

test('strangers are handed up without anything being made for them', () => {
  const { forwarder, handedUp } = scene();
  const binding = new Uint8Array(20);
  const knock = (times: number) => {
    for (let i = 0; i < times; i++) {
      forwarder.datagramFromClient(0, 0, 0, 0xffff, i, 1 + (i & 0x7fff), binding, 0, 20);
    }
  };
  knock(200_000);
  const before = process.memoryUsage().heapUsed;
  knock(1_000_000);
  expect(Math.abs(process.memoryUsage().heapUsed - before)).toBeLessThan(2_000_000);
  expect([handedUp(), forwarder.clients.size]).toEqual([1_200_001, 1]);
});

test('an indication that could not be sent is not counted as relayed', () => {
  const { forwarder, sockets } = scene();
  forwarder.flows.permit(RELAY, ipv4(9));
  const bytes = new Uint8Array(HEADROOM + 5);
  sockets.outcome = 'send-queue-full';
  forwarder.datagramFromPeer(RELAY, 0, 0, 0xffff, 9, 9, bytes, HEADROOM, bytes.length);
  expect(forwarder.traffic.of(RELAY).toClients.datagrams).toBe(0);
  sockets.outcome = 'sent';
  forwarder.datagramFromPeer(RELAY, 0, 0, 0xffff, 9, 9, bytes, HEADROOM, bytes.length);
  expect(forwarder.traffic.of(RELAY).toClients).toEqual({ datagrams: 1, bytes: 5 });
  expect(forwarder.counters().drops['send-queue-full']).toBe(1);
});

const OURS = ipv4(0x0a000001);
const NAMES = [withPort(ipv4(0xcb0071aa), 50_001), withPort(ipv4(0xcb0071aa), 50_002)] as const;

/** The same with a second relay of the same client, both on an address that is known by another; the first has a channel to the second. */
function crossing() {
  const own = {
    addresses: [{ local: OURS, advertised: ipv4(0xcb0071aa), isOpen: false }],
    ports: { first: 50_000, last: 50_009 },
    isShared: false,
    isOpen: () => false,
  };
  const { forwarder } = scene(own);
  const relays = [1, 2] as unknown as readonly [RelayId, RelayId];
  const client = forwarder.flows.clientOf(RELAY);
  relays.forEach((relay, i) => {
    forwarder.flows.addRelay(relay, client, 4);
    forwarder.traffic.start(relay);
    forwarder.near.open(relay, withPort(OURS, NAMES[i]!.port) as RelayAddress, false);
    forwarder.flows.permit(relay, NAMES[0]);
  });
  forwarder.flows.installChannel(relays[0], CHANNEL, NAMES[1]);
  forwarder.flows.installChannel(relays[1], 0x4001 as Channel, NAMES[0]);
  return { forwarder, relays };
}

/** A forwarder over sockets that swallow everything, with one client, its relay, and a permitted channel. */
function scene(own?: OwnRelays) {
  let up = 0;
  const copies = new Uint8Array(HEADROOM + 2048);
  const copy = (bytes: Uint8Array, start: number, end: number) => {
    for (let i = start; i < end; i++) copies[HEADROOM + i - start] = bytes[i]!;
    return HEADROOM;
  };
  const sockets = {
    outcome: 'sent' as Sent,
    sendToClient: () => sockets.outcome,
    sendToPeer: () => sockets.outcome,
    copy,
    copies,
  };
  const upcalls: Upcalls = {
    fromClient(client) {
      if (up++ === 0) forwarder.clients.hold(client.id);
    },
    fromPeer(relay, _peer, bytes, start, end) {
      forwarder.toClient(forwarder.flows.clientOf(relay), bytes, start - 8, end);
    },
    relayOpened: () => {},
    relayFailed: () => {},
  };
  const forwarder: Forwarder = new Forwarder(sockets satisfies PacketSockets, upcalls, dice(1), own);
  const listener = forwarder.clients.addListener(withPort(ipv4(1), 3478));
  forwarder.datagramFromClient(listener, 0, 0, 0xffff, CLIENT.w3, CLIENT.port, new Uint8Array(20), 0, 20);
  const { id } = forwarder.clients.arrived(listener, 0, 0, 0xffff, CLIENT.w3, CLIENT.port);
  forwarder.flows.addRelay(RELAY, id as ClientId, 4);
  forwarder.traffic.start(RELAY);
  forwarder.flows.permit(RELAY, PEER);
  forwarder.flows.installChannel(RELAY, CHANNEL, PEER);
  return { forwarder, sockets, handedUp: () => up };
}
