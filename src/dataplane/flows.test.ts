import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dice } from '../../test/testkit/index.ts';
import {
  AddressBuffer,
  BARE,
  type Channel,
  type ClientId,
  copyOf,
  ipv4,
  type RelayId,
  type TransportAddress,
  withPort,
} from '../wire/index.ts';
import { FlowTable, NO_FLOW } from './flows.ts';

const CLIENTS = 3;
const PEERS = [1, 2, 3].flatMap(ip => [0, 7, 8].map(port => withPort(ipv4(ip), port)));

test('permissions and channels are those of a plain model, after any sequence of calls', () => {
  const relay = fc.nat(3);
  const peer = fc.nat(PEERS.length - 1);
  const channel = fc.constantFrom(BARE, 0x4001, 0x4002, 0x4003);
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), relay }),
    fc.record({ do: fc.constant('remove' as const), relay }),
    fc.record({ do: fc.constantFrom('permit' as const, 'forbid' as const), relay, peer }),
    fc.record({ do: fc.constant('install' as const), relay, channel, peer }),
    fc.record({ do: fc.constant('uninstall' as const), relay, channel }),
  );
  fc.assert(
    fc.property(fc.integer(), fc.array(step, { maxLength: 60, size: 'max' }), (seed, steps) => {
      const flows = new FlowTable(dice(seed));
      const model = new Model();
      for (const s of steps) {
        const id = s.relay as RelayId;
        if (s.do === 'add' && !model.relays.has(s.relay)) {
          flows.addRelay(id, clientOf(s.relay), 4);
          model.relays.set(s.relay, { permitted: new Set(), channels: new Map() });
        } else if (s.do === 'remove') {
          flows.removeRelay(id);
          model.relays.delete(s.relay);
        } else if (s.do === 'permit' || s.do === 'forbid') {
          flows[s.do](id, PEERS[s.peer]!);
          const permitted = model.relays.get(s.relay)?.permitted;
          if (s.do === 'permit') permitted?.add(PEERS[s.peer]!.w3);
          else permitted?.delete(PEERS[s.peer]!.w3);
        } else if (s.do === 'install') {
          flows.installChannel(id, s.channel as Channel, PEERS[s.peer]!);
          model.install(s.relay, s.channel, PEERS[s.peer]!);
        } else if (s.do === 'uninstall') {
          flows.removeChannel(id, s.channel as Channel);
          model.relays.get(s.relay)?.channels.delete(s.channel);
        }
      }
      model.compare(flows);
    }),
    { numRuns: 200, seed: 8656 },
  );
});

test('removing one of many relays touches its own entries only, and removing all leaves nothing', () => {
  const flows = new FlowTable(dice(3));
  const count = 2_000;
  for (let i = 0; i < count; i++) {
    flows.addRelay(i as RelayId, i as ClientId, 4);
    for (let ip = 0; ip < 5; ip++) flows.permit(i as RelayId, ipv4(ip));
    flows.installChannel(i as RelayId, 0x4000 as Channel, withPort(ipv4(0), 9));
  }
  flows.removeRelay(7 as RelayId);
  expect(flows.size).toBe((count - 1) * 6);
  for (let i = 0; i < count; i++) flows.removeRelay(i as RelayId);
  expect(flows.size).toBe(0);
});

test('a datagram from port 0 is not mistaken for a permission, nor a channel to port 0 for one', () => {
  const flows = new FlowTable(dice(4));
  flows.addRelay(0 as RelayId, 0 as ClientId, 4);
  flows.permit(0 as RelayId, ipv4(1));
  expect(flows.flowOfPeer(0 as RelayId, 0, 0, 0xffff, 1, 0)).toBe(NO_FLOW);
  flows.forbid(0 as RelayId, ipv4(1));
  flows.installChannel(0 as RelayId, 0x4000 as Channel, withPort(ipv4(1), 0));
  expect(flows.permits(0 as RelayId, 0, 0, 0xffff, 1)).toBe(false);
});

interface ModelRelay {
  readonly permitted: Set<number>;
  readonly channels: Map<number, TransportAddress>;
}

/** The same rules, written for clarity: relays 0 and 3 belong to one client, whose channels they share. */
class Model {
  readonly relays = new Map<number, ModelRelay>();

  install(relay: number, channel: number, peer: TransportAddress): void {
    const own = this.relays.get(relay);
    if (own === undefined) return;
    for (const [id, { channels }] of this.relays) if (clientOf(id) === clientOf(relay)) channels.delete(channel);
    for (const [number, bound] of own.channels) if (bound === peer) own.channels.delete(number);
    own.channels.set(channel, peer);
  }

  compare(flows: FlowTable): void {
    const all = [...this.relays.values()];
    expect(flows.size).toBe(all.reduce((sum, r) => sum + r.permitted.size + r.channels.size, 0));
    for (const id of [0, 1, 2, 3]) this.#compareRelay(flows, id as RelayId);
    for (const id of [0, 1, 2, 3, 9].map(clientOf)) expect(flows.bareFlowOf(id)).toBe(flows.flowOfChannel(id, BARE));
  }

  #compareRelay(flows: FlowTable, id: RelayId): void {
    const relay = this.relays.get(id);
    expect(flows.hasRelay(id)).toBe(relay !== undefined);
    for (const peer of PEERS) {
      const { w0, w1, w2, w3, port } = peer;
      expect(flows.permits(id, w0, w1, w2, w3)).toBe(relay?.permitted.has(w3) ?? false);
      const flow = flows.flowOfPeer(id, w0, w1, w2, w3, port);
      const channel = [...(relay?.channels ?? [])].find(([, bound]) => bound === peer)?.[0];
      expect(flow !== NO_FLOW).toBe(channel !== undefined);
      if (channel === undefined) continue;
      expect([flows.channelOf(flow), flows.relayOf(flow)]).toEqual([channel, id]);
      expect(flows.flowOfChannel(clientOf(id), channel as Channel)).toBe(flow);
      expect(flows.isPermitted(flow)).toBe(relay!.permitted.has(w3));
      const read = new AddressBuffer();
      flows.readPeer(flow, read);
      expect(copyOf(read)).toEqual(peer);
    }
  }
}

function clientOf(relay: number): ClientId {
  return (relay % CLIENTS) as ClientId;
}
