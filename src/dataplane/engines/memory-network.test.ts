import { expect, test } from 'vitest';
import { dice, VirtualClock } from '../../../test/testkit/index.ts';
import { ipv4, type TransportAddress, withPort } from '../../wire/index.ts';
import { FAIR_WEATHER, type NetworkSocket, SimulatedNetwork } from './memory-network.ts';
import { NatBox, type NatFiltering } from './nat-box.ts';

const INSIDE = ipv4(0x0a000001);
const OUTSIDE = ipv4(0xcb007101);
const SERVER = withPort(ipv4(0xc0000201), 3478);

test('in fair weather everything arrives, in order, after its delay', () => {
  const { network, clock, open } = scene();
  const { socket: to, received } = open(SERVER);
  const { socket: from } = open(withPort(INSIDE, 0));
  for (let i = 0; i < 100; i++) from.send(to.address, Uint8Array.of(i));
  expect(received).toEqual([]);
  clock.advance(1);
  expect(received.map(d => d.bytes[0])).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(network.fate).toEqual({ sent: 100, delivered: 100, lost: 0, duplicated: 0, unreachable: 0 });
});

test('the same seed gives the same loss, duplication and order; another seed another', () => {
  const stormy = { loss: 0.1, duplication: 0.1, leastDelay: 1, mostDelay: 20 };
  const runs = [1, 1, 2].map(seed => {
    const { network, clock, open } = scene(seed);
    network.weather = stormy;
    const { socket: to, received } = open(SERVER);
    const { socket: from } = open(withPort(INSIDE, 5000));
    for (let i = 0; i < 1000; i++) from.send(to.address, Uint8Array.of(i >> 8, i));
    clock.settle();
    const { fate } = network;
    expect(fate.delivered).toBe(fate.sent - fate.lost + fate.duplicated);
    expect(fate.lost).toBeGreaterThan(50);
    expect(fate.duplicated).toBeGreaterThan(50);
    return received.map(d => (d.bytes[0]! << 8) | d.bytes[1]!);
  });
  expect(runs[0]).toEqual(runs[1]);
  expect(runs[0]).not.toEqual(runs[2]);
  expect(runs[0]).not.toEqual(runs[0]!.toSorted((a, b) => a - b));
});

test('nobody is reached at a port where nobody listens, and no port is opened twice', () => {
  const { network, clock, open } = scene();
  const { socket: from } = open(SERVER);
  expect(network.open(SERVER, () => {})).toBe('in-use');
  from.send(withPort(SERVER, 9), Uint8Array.of(1));
  clock.settle();
  expect(network.fate.unreachable).toBe(1);
  from.close();
  expect(network.openSockets).toBe(0);
});

test('behind a NAT a host is seen at the outside, is answered there, and is seen elsewhere after a rebinding', () => {
  const { clock, open, host, nat, server } = natScene('endpoint-independent');
  host.socket.send(SERVER, Uint8Array.of(1));
  clock.settle();
  const seen = server.received[0]!.from;
  expect(withPort(seen, 0)).toEqual(withPort(OUTSIDE, 0));
  server.socket.send(seen, Uint8Array.of(2));
  open(withPort(SERVER, 1)).socket.send(seen, Uint8Array.of(3));
  clock.settle();
  expect(host.received.map(d => d.bytes[0])).toEqual([2, 3]);
  nat.rebind();
  host.socket.send(SERVER, Uint8Array.of(4));
  clock.settle();
  expect(server.received[1]!.from.port).not.toBe(seen.port);
  server.socket.send(seen, Uint8Array.of(5));
  clock.settle();
  expect(host.received).toHaveLength(2);
});

test('a NAT that filters lets in only whom the host sent to', () => {
  const { clock, open, host, server } = natScene('address-and-port-dependent');
  host.socket.send(SERVER, Uint8Array.of(1));
  clock.settle();
  const seen = server.received[0]!.from;
  open(withPort(SERVER, 1)).socket.send(seen, Uint8Array.of(2));
  server.socket.send(seen, Uint8Array.of(3));
  clock.settle();
  expect(host.received.map(d => d.bytes[0])).toEqual([3]);
});

function natScene(filtering: NatFiltering) {
  const stage = scene();
  const nat = new NatBox(OUTSIDE, dice(9), filtering);
  stage.network.putBehind(nat, INSIDE);
  return { ...stage, nat, server: stage.open(SERVER), host: stage.open(withPort(INSIDE, 5000)) };
}

interface Datagram {
  readonly from: TransportAddress;
  readonly bytes: Uint8Array;
}

function scene(seed = 1) {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, dice(seed), FAIR_WEATHER);
  const open = (address: TransportAddress): { socket: NetworkSocket; received: Datagram[] } => {
    const received: Datagram[] = [];
    const socket = network.open(address, (from, bytes) => received.push({ from, bytes }));
    if (socket === 'in-use') throw new Error('in use');
    return { socket, received };
  };
  return { clock, network, open };
}
