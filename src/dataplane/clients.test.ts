import { expect, test } from 'vitest';
import { dice } from '../../test/testkit/index.ts';
import { type ClientAddress, ipv4, withPort } from '../wire/index.ts';
import { type ClientRecord, ClientTable } from './clients.ts';

const LOCAL = withPort(ipv4(0xc0000201), 3478);
const SINK = { frame: () => true };

test('a million strangers leave nothing behind, and their ids stay small', () => {
  const { clients, arrive } = table();
  let highest = 0;
  for (let i = 0; i < 1_000_000; i++) highest = Math.max(highest, arrive(i >> 16, i & 0xffff).id);
  expect(clients.size).toBe(0);
  expect(highest).toBeLessThan(1100);
});

test('the same stranger again has the same id, from another port or to another listener it has not', () => {
  const { clients, arrive } = table();
  const second = clients.addListener(withPort(LOCAL, 3479));
  const { id } = arrive(1, 5000);
  expect(arrive(1, 5000).id).toBe(id);
  expect(arrive(1, 5001).id).not.toBe(id);
  const there = clients.arrived(second, 0, 0, 0xffff, 1, 5001);
  expect(there.local.port).toBe(3479);
});

test('a stranger that is held becomes a client under its id; without a hold left it is a stranger again', () => {
  const { clients, arrive } = table();
  const { id } = arrive(1, 5000);
  const held = clients.hold(id)!;
  clients.hold(id);
  arrive(2, 5000);
  expect(arrive(1, 5000)).toBe(held);
  clients.release(held);
  expect(clients.get(id)).toBe(held);
  clients.release(held);
  expect([clients.get(id), clients.size]).toEqual([undefined, 0]);
  expect(arrive(1, 5000).id).not.toBe(id);
});

test('an id that another stranger made stale names nobody', () => {
  const { clients, arrive } = table();
  const { id } = arrive(1, 5000);
  arrive(2, 5000);
  expect([clients.get(id), clients.hold(id)]).toEqual([undefined, undefined]);
});

test('a record in use by an upcall is not overwritten by another stranger', () => {
  const { clients, arrive } = table();
  const first = arrive(1, 5000);
  first.holds++;
  const second = arrive(2, 5000);
  expect([first.address.w3, second.address.w3]).toEqual([1, 2]);
  clients.release(first);
  expect(clients.size).toBe(0);
});

test('streams are clients until they close, and stay known as long as a relay holds them', () => {
  const { clients } = table();
  const stream = clients.openStream('tcp', withPort(ipv4(7), 7) as ClientAddress, LOCAL, SINK);
  clients.hold(stream.id);
  clients.closeStream(stream.id);
  clients.closeStream(stream.id);
  expect([stream.sink, clients.size]).toEqual([undefined, 1]);
  clients.release(stream);
  expect(clients.size).toBe(0);
});

function table(): { clients: ClientTable; arrive: (ip: number, port: number) => ClientRecord } {
  const clients = new ClientTable(dice(1));
  const listener = clients.addListener(LOCAL);
  return { clients, arrive: (ip, port) => clients.arrived(listener, 0, 0, 0xffff, ip, port) };
}
