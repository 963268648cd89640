import { expect, test } from 'vitest';
import { type IpAddress, parseIp } from '../wire/index.ts';
import {
  ConnectionBudget,
  type ConnectionLimits,
  ConnectionPlace,
  type ConnectionRefusal,
} from './connection-budget.ts';

const ROOMY: ConnectionLimits = { connections: 100, connectionsPerSourcePrefix: 100, handshakesPerSourcePrefix: 100 };

test('a source prefix is refused beyond its connections', () => {
  const budget = new ConnectionBudget({ ...ROOMY, connectionsPerSourcePrefix: 2 });
  admitted(budget.admit(ip('8.8.8.1'))).handshakeDone();
  admitted(budget.admit(ip('8.8.8.2'))).handshakeDone();
  expect(budget.admit(ip('8.8.8.3'))).toBe('prefix-connections');
  admitted(budget.admit(ip('8.8.9.1')));
});

test('everyone is refused beyond the total', () => {
  const budget = new ConnectionBudget({ ...ROOMY, connections: 2 });
  const first = admitted(budget.admit(ip('8.8.1.1')));
  admitted(budget.admit(ip('8.8.2.1')));
  expect(budget.admit(ip('8.8.3.1'))).toBe('total-connections');
  first.leave();
  admitted(budget.admit(ip('8.8.3.1')));
});

test('a source prefix is refused while its handshakes are pending, and welcome once one is done or gone', () => {
  const budget = new ConnectionBudget({ ...ROOMY, handshakesPerSourcePrefix: 2 });
  const one = admitted(budget.admit(ip('8.8.8.1')));
  const two = admitted(budget.admit(ip('8.8.8.2')));
  expect(budget.admit(ip('8.8.8.3'))).toBe('prefix-handshakes');
  one.handshakeDone();
  const three = admitted(budget.admit(ip('8.8.8.3')));
  expect(budget.admit(ip('8.8.8.4'))).toBe('prefix-handshakes');
  two.leave();
  admitted(budget.admit(ip('8.8.8.4')));
  expect(budget.admit(ip('8.8.8.5'))).toBe('prefix-handshakes');
  three.leave();
});

test('ends that are told twice are counted once, and nothing is kept for connections that are gone', () => {
  const budget = new ConnectionBudget(ROOMY);
  const places = [1, 2, 3].map(i => admitted(budget.admit(ip(`8.8.${i}.1`))));
  for (const place of places) {
    place.handshakeDone();
    place.handshakeDone();
    place.leave();
    place.leave();
    place.handshakeDone();
  }
  expect([budget.open, budget.size]).toEqual([0, 0]);
});

function admitted(place: ConnectionPlace | ConnectionRefusal): ConnectionPlace {
  if (!(place instanceof ConnectionPlace)) throw new Error(place);
  return place;
}

function ip(text: string): IpAddress {
  return parseIp(text)!;
}
