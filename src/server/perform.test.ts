import { beforeEach, describe, expect, test } from 'vitest';
import { dice } from '../../test/testkit/index.ts';
import { until } from '../../test/testkit/stream-bytes.ts';
import { type Client, DgramEngine, type RelayTraffic } from '../dataplane/index.ts';
import type { AllocationRecord, Effect } from '../turn/index.ts';
import { type ClientId, parseIp, type RelayId } from '../wire/index.ts';
import { Performer } from './perform.ts';

const LOOPBACK = parseIp('127.0.0.1')!;

/** A real engine with one stream client, and what its performer told. */
describe('relays of one client', () => {
  let engine: DgramEngine;
  let performer: Performer;
  let client: Client;
  let opened: RelayId[];
  let withoutRelay: ClientId[];
  let ended: RelayTraffic[];

  beforeEach(async () => {
    [opened, withoutRelay, ended] = [[], [], []];
    const random = dice(7);
    engine = new DgramEngine({
      relayPorts: { first: 21_000, last: 22_000 },
      random,
      upcalls: {
        fromClient: () => {},
        fromPeer: () => {},
        relayOpened: relay => void opened.push(relay),
        relayFailed: relay => performer.onRelayFailed(relay),
      },
    });
    performer = new Performer(engine, {
      onRefusal: () => {},
      onAllocationEnded: (_, traffic) => void ended.push(traffic),
      onLastRelayClosed: id => void withoutRelay.push(id),
    });
    const at = { ...LOOPBACK, port: 9 };
    client = engine.openStream('tcp', at as Client['address'], at, { frame: () => true });
    return async () => {
      await engine.close();
    };
  });

  const open = (relay: number): Effect => ({
    do: 'open-relay',
    relay: relay as RelayId,
    client: client.id,
    ip: LOOPBACK,
    port: 'any',
    dontFragment: false,
    transport: 'udp',
    mostConnections: 1,
  });
  const close = (relay: number): Effect => ({ do: 'close-relay', relay: relay as RelayId });

  test('are known as long as they are open, and their last close is told once', async () => {
    performer.perform([open(1), open(2)]);
    await until(() => opened.length === 2);
    expect(performer.clientOf(1 as RelayId)).toBe(client.id);
    performer.perform([close(1)]);
    expect(performer.clientOf(1 as RelayId)).toBeUndefined();
    expect(withoutRelay).toEqual([]);
    performer.perform([close(2), close(2)]);
    expect(withoutRelay).toEqual([client.id]);
  });

  test('that fail count as closed, before or after one that opened', async () => {
    performer.perform([open(1), open(2)]);
    await until(() => opened.length === 2);
    performer.onRelayFailed(2 as RelayId);
    performer.onRelayFailed(2 as RelayId);
    expect(withoutRelay).toEqual([]);
    performer.perform([close(1)]);
    expect(withoutRelay).toEqual([client.id]);
  });

  test('leave their traffic to the record of their allocation and to no other', async () => {
    performer.perform([open(1), open(2)]);
    await until(() => opened.length === 2);
    const peer = { ...LOOPBACK, port: 9 };
    performer.perform([
      { do: 'permit', relay: 1 as RelayId, peer },
      { do: 'permit', relay: 2 as RelayId, peer },
    ]);
    engine.toPeer(1 as RelayId, peer, new Uint8Array(10), 0, 10);
    engine.toPeer(2 as RelayId, peer, new Uint8Array(5), 0, 5);
    const record = { clientId: client.id } as AllocationRecord;
    performer.perform([close(1), close(2), { do: 'allocation-ended', allocation: record }]);
    performer.perform([{ do: 'allocation-ended', allocation: record }]);
    expect(ended.map(({ toPeers }) => toPeers)).toEqual([
      { datagrams: 2, bytes: 15 },
      { datagrams: 0, bytes: 0 },
    ]);
  });
});
