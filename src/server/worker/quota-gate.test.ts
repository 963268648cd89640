import { expect, test } from 'vitest';
import type { Client } from '../../turn/index.ts';
import type { ClientAddress, ClientId } from '../../wire/index.ts';
import { QuotaGate } from './quota-gate.ts';

const address = { w0: 1, w1: 2, w2: 3, w3: 4, port: 5 } as ClientAddress;

test('a place is asked for with identity and address, and given back by its number', () => {
  const { gate, said } = made();
  gate.reserve('alice', client(7));
  gate.reserve('bob', client(8));
  gate.release('alice', client(7));
  expect(said).toEqual([[1, 'alice', 1, 2, 3, 4], [2, 'bob', 1, 2, 3, 4], [-1]]);
});

test('a relay waits for the verdict, and one that comes later hears it at once', () => {
  const { gate, outcomes, settled } = made();
  gate.reserve('alice', client(7));
  settled(7);
  expect(outcomes).toEqual([]);
  gate.settle([1, 'user-quota']);
  settled(7);
  expect(outcomes).toEqual(['user-quota', 'user-quota']);
});

test('a client that gives its place back while it waits is told so, and the late verdict moves nothing', () => {
  const { gate, outcomes, settled } = made();
  gate.reserve('alice', client(7));
  settled(7);
  gate.release('alice', client(7));
  gate.settle([1, 'reserved']);
  expect(outcomes).toEqual(['given-back']);
});

test('a verdict on an earlier allocation of the same client does not count for its next one', () => {
  const { gate, outcomes, settled } = made();
  gate.reserve('alice', client(7));
  gate.release('alice', client(7));
  gate.reserve('alice', client(7));
  settled(7);
  gate.settle([1, 'reserved']);
  expect(outcomes).toEqual([]);
  gate.settle([2, 'total-quota']);
  expect(outcomes).toEqual(['total-quota']);
});

test('who needs no place waits for none', () => {
  const { outcomes, settled } = made();
  settled(7);
  expect(outcomes).toEqual(['reserved']);
});

test('who has waited too long for a verdict is denied its place, and others wait on', () => {
  const { gate, outcomes, settled, clock } = made();
  gate.reserve('alice', client(7));
  settled(7);
  clock.now = 1_000;
  gate.reserve('bob', client(8));
  gate.settled(8 as ClientId, o => outcomes.push(`bob ${o}`));
  clock.now = 2_000;
  gate.onTime();
  expect(outcomes).toEqual(['denied']);
  gate.settle([1, 'reserved', 2, 'reserved']);
  expect(outcomes).toEqual(['denied', 'bob reserved']);
});

function made() {
  const clock = { now: 0 };
  const said: (number | string)[][] = [];
  const gate = new QuotaGate(
    (...deed) => said.push(deed),
    () => clock.now,
  );
  const outcomes: string[] = [];
  return { gate, said, outcomes, clock, settled: (id: number) => gate.settled(id as ClientId, o => outcomes.push(o)) };
}

function client(id: number): Client {
  return { id: id as ClientId, transport: 'udp', address, local: address };
}
