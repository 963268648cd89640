import { expect, test } from 'vitest';
import { dice } from '../../test/testkit/index.ts';
import { AddressBuffer, ipv4, type RelayAddress, type RelayId, withPort } from '../wire/index.ts';
import { FAR, NearRelays, NOBODY, type OwnRelays } from './near-relays.ts';

const LOCAL = ipv4(0x0a2d100a);
const TOLD = ipv4(0x836b9b1e);
const UDP = 1 as RelayId;
const TCP = 2 as RelayId;
const to = new AddressBuffer();

test('a relay is found by either name of its address, until it closes', () => {
  const near = table();
  near.open(70 as RelayId, withPort(LOCAL, 50_001) as RelayAddress, false);
  expect([near.at(UDP, withPort(LOCAL, 50_001), to), near.at(UDP, withPort(TOLD, 50_001), to)]).toEqual([70, 70]);
  expect(near.readAdvertised(70 as RelayId, to)).toBe(true);
  expect(withPort(to, to.port)).toEqual(withPort(TOLD, 50_001));
  near.close(70 as RelayId);
  near.close(70 as RelayId);
  expect([near.at(UDP, withPort(TOLD, 50_001), to), near.readAdvertised(70 as RelayId, to)]).toEqual([NOBODY, false]);
});

test('what is not ours is far, and what is ours is far only where another worker or the operator may have something', () => {
  const isShared = table({ isShared: true });
  const isOpen = table({ addresses: [{ local: LOCAL, advertised: TOLD, isOpen: true }] });
  expect(table().at(UDP, withPort(ipv4(0x08080808), 50_001), to)).toBe(FAR);
  expect([50_000, 59_999, 49_999, 60_000].map(port => isShared.at(UDP, withPort(TOLD, port), to))).toEqual([
    FAR,
    FAR,
    NOBODY,
    NOBODY,
  ]);
  expect(withPort(to, 0)).toEqual(withPort(LOCAL, 0)); // where sockets find it
  expect([isOpen.at(UDP, withPort(TOLD, 53), to), table().at(UDP, withPort(TOLD, 50_001), to)]).toEqual([FAR, NOBODY]);
});

test.each([
  ['nothing of ours', {}, 50_001, false],
  ["other workers' relays", { isShared: true }, 50_001, true],
  ['no other service of ours', { isShared: true }, 53, false],
  ['what is open for now', { isOpen: () => true }, 53, true],
])('of our own addresses, sockets may hear %s', (_, more, port, expected) => {
  const from = new AddressBuffer().set(LOCAL.w0, LOCAL.w1, LOCAL.w2, LOCAL.w3, port);
  expect(table(more).admit(UDP, from)).toBe(expected);
  expect(withPort(from, from.port)).toEqual(withPort(TOLD, port)); // its one name
});

test.each([
  ["another TCP relay's port", {}, 50_997, 3],
  ['a port where nothing of ours is', {}, 50_001, NOBODY],
  ['a port of another worker', { isShared: true }, 50_001, FAR],
  ["a UDP relay's port", {}, 50_999, NOBODY],
  ['another service of ours', { isShared: true }, 53, NOBODY],
])('for a relay of TCP, %s is there as it is for UDP, by the name it is known by', (_, more, port, found) => {
  const near = table(more);
  near.open(3 as RelayId, withPort(LOCAL, 50_997) as RelayAddress, true);
  expect([near.streamTo(TCP, withPort(TOLD, port)), near.streamTo(TCP, withPort(LOCAL, port))]).toEqual([found, found]);
  expect(near.at(TCP, withPort(TOLD, port), to)).toBe(found === NOBODY ? NOBODY : FAR);
  expect(withPort(to, port)).toEqual(withPort(TOLD, port));
  expect(near.admit(TCP, new AddressBuffer().set(LOCAL.w0, LOCAL.w1, LOCAL.w2, LOCAL.w3, port))).toBe(found !== NOBODY);
  expect(near.streamTo(TCP, withPort(ipv4(0x08080808), port))).toBe(FAR);
});

test('datagrams find nobody at the port of a TCP relay, even where the operator lets everybody be', () => {
  const near = table({ addresses: [{ local: LOCAL, advertised: TOLD, isOpen: true }] });
  expect(near.at(UDP, withPort(TOLD, 50_998), to)).toBe(NOBODY);
});

test('a stranger is heard under its own name', () => {
  const from = new AddressBuffer().set(0, 0, 0xffff, 0x08080808, 9);
  expect(table().admit(UDP, from)).toBe(true);
  expect(from.w3).toBe(0x08080808);
});

function table(more: Partial<OwnRelays> = {}): NearRelays {
  const addresses = [{ local: LOCAL, advertised: TOLD, isOpen: false }];
  const ports = { first: 50_000, last: 59_999 };
  const near = new NearRelays(dice(3), { addresses, ports, isShared: false, isOpen: () => false, ...more });
  near.open(UDP, withPort(LOCAL, 50_999) as RelayAddress, false);
  near.open(TCP, withPort(LOCAL, 50_998) as RelayAddress, true);
  return near;
}
