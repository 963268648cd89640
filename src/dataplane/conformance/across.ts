import { expect, test } from 'vitest';
import {
  BARE,
  type Channel,
  type Family,
  type IpAddress,
  type RelayId,
  type TransportAddress,
  withPort,
  writeChannelHeader,
} from '../../wire/index.ts';
import { HEADROOM } from '../engine.ts';
import type { OwnRelays } from '../near-relays.ts';
import { ownOf, PUBLIC } from './own-relays.ts';
import { A_CHANNEL, channelData, type Host, type NewRig, Stage, somePorts, text } from './stage.ts';

const SIZES = [0, 1, 3, 172, 1200, 9000, 60_000];

/** What goes from one relay of an edge to another: without a socket within an engine, through the machine between two of them. */
export function across(newRig: NewRig, family: Family): void {
  const told = PUBLIC[family];

  test('two channels carry payloads of every size from relay to relay, and each sees the address the other was told', async () => {
    const { stage, a, b } = await pair(newRig, family);
    bindBoth(stage, a, b);
    for (const size of SIZES) {
      const payload = new Uint8Array(size).fill(size);
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        from.host.send(stage.listener, channelData(A_CHANNEL, payload));
        await stage.rig.until(() => to.host.received.length > 0);
        expect(to.host.received.shift()!.bytes).toEqual(channelData(A_CHANNEL, payload));
      }
    }
    const bytes = 2 * SIZES.reduce((sum, size) => sum + size, 0);
    const all = { datagrams: 2 * SIZES.length, bytes };
    const counters = stage.engine.counters();
    expect(counters).toMatchObject({ relayedToPeers: all, relayedToClients: all, relayedAcross: all });
    expect(counters.receivedDatagrams).toBe(2 + 2 * SIZES.length); // the Allocates, and nothing on a relay's socket
    expect(stage.engine.trafficOf(a.relay).toPeers).toEqual(stage.engine.trafficOf(b.relay).toClients);
    await stage.rig.close();
  });

  test('without a channel it arrives as data of the told address, with room around it, whatever it came as', async () => {
    const { stage, a, b } = await pair(newRig, family);
    permitBoth(stage, a, b);
    stage.onPeer = (_, bytes, start, end) => {
      const at = writeChannelHeader(bytes, start, 0x4fff, end - start);
      stage.engine.toClient(b.client, bytes, at, end);
    };
    stage.engine.toPeer(a.relay, named(told, b), text('x'), 0, 1);
    stage.engine.installChannel(a.relay, A_CHANNEL, named(told, b));
    a.host.send(stage.listener, channelData(A_CHANNEL, text('by channel')));
    await stage.rig.until(() => b.host.received.length === 2);
    stage.engine.installChannel(a.relay, BARE, named(told, b));
    a.host.send(stage.listener, text('bare'));
    await stage.rig.until(() => b.host.received.length === 3);
    const words = ['x', 'by channel', 'bare'].map(text);
    expect(stage.peerData.map(({ bytes }) => bytes)).toEqual(words);
    expect(new Set(stage.peerData.map(({ peer }) => JSON.stringify(peer)))).toEqual(
      new Set([JSON.stringify(named(told, a))]),
    );
    expect(b.host.received.map(({ bytes }) => bytes)).toEqual(words.map(word => channelData(0x4fff, word)));
    await stage.rig.close();
  });

  test('bytes lent to a crossing may be written again as soon as it returns, and neighbours in memory stay as they were', async () => {
    const { stage, a, b } = await pair(newRig, family);
    permitBoth(stage, a, b);
    stage.onPeer = (_, bytes, start, end) => {
      bytes.fill(0xdd, end, end + 4);
      stage.engine.toClient(b.client, bytes, start, end);
    };
    const burst = [text('first'), text('other'), text('third')];
    const lent = new Uint8Array(15);
    for (const [i, word] of burst.entries()) lent.set(word, 5 * i);
    const before = lent.slice();
    for (let i = 0; i < 3; i++) stage.engine.toPeer(a.relay, named(told, b), lent, 5 * i, 5 * i + 5);
    expect(lent).toEqual(before);
    lent.fill(0);
    await stage.rig.until(() => b.host.received.length === 3);
    expect(b.host.received.map(({ bytes }) => bytes)).toEqual(burst);
    await stage.rig.close();
  });

  test('a burst of bare datagrams crosses whole, into a channel and into indications', async () => {
    const { stage, a, b } = await pair(newRig, family);
    permitBoth(stage, a, b);
    stage.engine.installChannel(a.relay, BARE, named(told, b));
    stage.onPeer = (_, bytes, start, end) => {
      bytes.fill(0xdd, start - HEADROOM, start);
      bytes.fill(0xdd, end, end + 4);
      stage.engine.toClient(b.client, bytes, start, end);
    };
    const words = Array.from({ length: 40 }, (_, i) => text(`number ${String(i).padStart(9, '0')}`));
    for (const word of words) a.host.send(stage.listener, word);
    await stage.rig.until(() => b.host.received.length === words.length);
    stage.engine.installChannel(b.relay, A_CHANNEL, named(told, a));
    for (const word of words) a.host.send(stage.listener, word);
    await stage.rig.until(() => b.host.received.length === 2 * words.length);
    const heard = b.host.received.map(({ bytes }) => bytes);
    expect(new Set(heard)).toEqual(new Set([...words, ...words.map(word => channelData(A_CHANNEL, word))]));
    await stage.rig.close();
  });

  test('both sides must permit: what one does not allow does not leave, what the other does not allow does not arrive', async () => {
    const { stage, a, b } = await pair(newRig, family);
    stage.engine.toPeer(a.relay, named(told, b), text('x'), 0, 1);
    expect(stage.drops('no-permission-out')).toBe(1);
    stage.engine.permit(a.relay, told);
    stage.engine.toPeer(a.relay, named(told, b), text('x'), 0, 1);
    expect([stage.drops('no-permission-in'), stage.engine.trafficOf(a.relay).toPeers.datagrams]).toEqual([1, 1]);
    stage.engine.installChannel(b.relay, A_CHANNEL, named(told, a));
    stage.engine.toPeer(a.relay, named(told, b), text('x'), 0, 1);
    expect(stage.drops('no-permission-in')).toBe(2);
    stage.engine.permit(b.relay, told);
    stage.engine.toPeer(a.relay, named(told, b), text('x'), 0, 1);
    await stage.rig.until(() => b.host.received.length === 1);
    stage.engine.forbid(b.relay, told);
    stage.engine.toPeer(a.relay, named(told, b), text('x'), 0, 1);
    expect(stage.drops('no-permission-in')).toBe(3);
    await stage.rig.close();
  });

  test('a relay may be its own peer, once for each datagram', async () => {
    const { stage, a } = await pair(newRig, family);
    stage.engine.permit(a.relay, told);
    stage.engine.installChannel(a.relay, A_CHANNEL, named(told, a));
    a.host.send(stage.listener, channelData(A_CHANNEL, text('echo')));
    await stage.rig.until(() => a.host.received.length === 1);
    expect(stage.engine.counters().relayedAcross.datagrams).toBe(1);
    await stage.rig.close();
  });

  test('an answer within the upcall does not cross again and again: the second goes through the sockets', async () => {
    const { stage, a, b } = await pair(newRig, family, { isOpen: () => true });
    permitBoth(stage, a, b);
    let answers = 0;
    stage.onPeer = relay => {
      const [from, to] = relay === a.relay ? [a, b] : [b, a];
      if (answers++ < 5) stage.engine.toPeer(from.relay, named(told, to), text('again'), 0, 5);
    };
    stage.engine.toPeer(a.relay, named(told, b), text('x'), 0, 1);
    expect([answers, stage.engine.counters().relayedAcross.datagrams]).toEqual([1, 1]);
    await stage.rig.until(() => answers === 6);
    await stage.rig.close();
  });

  test('where no relay is, there is nobody: not on a closed relay, not on other ports, not from them', async () => {
    const { stage, a, b } = await pair(newRig, family);
    const local = await stage.host();
    permitBoth(stage, a, b);
    for (const peer of [named(told, b, 1), named(stage.ip, b, 1), withPort(told, local.address.port), local.address]) {
      stage.engine.permit(a.relay, peer);
      stage.engine.toPeer(a.relay, peer, text('x'), 0, 1);
    }
    stage.engine.closeRelay(b.relay);
    stage.engine.toPeer(a.relay, named(told, b), text('x'), 0, 1);
    expect([stage.drops('no-relay'), stage.engine.counters().relayedAcross.datagrams]).toEqual([5, 0]);
    local.send(a.address, text('x'));
    await stage.rig.until(() => stage.drops('no-permission-in') === 1);
    expect([local.received, stage.peerData]).toEqual([[], []]);
    await stage.rig.close();
  });

  test('what the edge or its operator has opened on our own address is a peer like others, under its told name', async () => {
    const local = await openPeer(newRig, family);
    const { stage, a, host } = local;
    stage.engine.permit(a.relay, told);
    stage.engine.toPeer(a.relay, withPort(told, host.address.port), text('there'), 0, 5);
    await stage.rig.until(() => host.received.length === 1);
    expect(host.received[0]!.from).toEqual({ ...a.address });
    host.send(a.address, text('back'));
    await stage.rig.until(() => stage.peerData.length === 1);
    expect(stage.peerData[0]!.peer).toEqual(withPort(told, host.address.port));
    await stage.rig.close();
  });

  test('a relay that a client reserved is found, and a port given again leads to its new relay', async () => {
    const { stage, a } = await pair(newRig, family);
    const even = await stage.relay({ port: 'even-and-next' });
    const next = await stage.relay({ port: { reserved: even.reserved! } });
    for (const other of [a, next]) stage.engine.permit(other.relay, told);
    stage.engine.toPeer(a.relay, named(told, next), text('x'), 0, 1);
    await stage.rig.until(() => stage.peerData.length === 1);
    expect(stage.peerData[0]!.relay).toBe(next.relay);
    await stage.rig.close();
  });

  test('between two workers it goes through the machine, under the told names as well', async () => {
    const rig = await newRig();
    const all = somePorts(40);
    const own = ownOf(rig.ip(family), told, all, true);
    const middle = all.first + 19;
    const one = await Stage.start(rig, family, { first: all.first, last: middle }, own);
    const two = await Stage.start(rig, family, { first: middle + 1, last: all.last }, own);
    const [a, b] = [await one.relay(), await two.relay()];
    one.engine.permit(a.relay, told);
    two.engine.permit(b.relay, told);
    two.engine.installChannel(b.relay, A_CHANNEL, named(told, a));
    one.engine.toPeer(a.relay, named(told, b), text('across'), 0, 6);
    await rig.until(() => b.host.received.length === 1);
    expect(b.host.received[0]!.bytes).toEqual(channelData(A_CHANNEL, text('across')));
    b.host.send(two.listener, channelData(A_CHANNEL, text('and back')));
    await rig.until(() => one.peerData.length === 1);
    expect(one.peerData[0]!.peer).toEqual(named(told, b));
    expect(one.engine.counters().relayedAcross.datagrams).toBe(0);
    await rig.close();
  });

  test('a crossing that no datagram could hold is too long', async () => {
    const { stage, a, b } = await pair(newRig, family);
    permitBoth(stage, a, b);
    stage.engine.toPeer(a.relay, named(told, b), new Uint8Array(70_000), 0, 65_528);
    expect(stage.drops('too-long')).toBe(1);
    await stage.rig.close();
  });
}

type OpenRelay = Awaited<ReturnType<Stage['relay']>>;

/** Two clients with a relay each, on an address that a NAT translates. */
async function pair(newRig: NewRig, family: Family, more: Partial<OwnRelays> = {}) {
  const rig = await newRig();
  const ports = somePorts(200);
  const stage = await Stage.start(rig, family, ports, { ...ownOf(rig.ip(family), PUBLIC[family], ports), ...more });
  return { stage, a: await stage.relay(), b: await stage.relay() };
}

async function openPeer(newRig: NewRig, family: Family): Promise<{ stage: Stage; a: OpenRelay; host: Host }> {
  let open = 0;
  const { stage, a } = await pair(newRig, family, { isOpen: peer => peer.port === open });
  const host = await stage.host();
  open = host.address.port;
  return { stage, a, host };
}

function named(ip: IpAddress, { address }: { address: TransportAddress }, beyond = 0): TransportAddress {
  return withPort(ip, address.port + beyond);
}

function permitBoth(stage: Stage, a: { relay: RelayId }, b: { relay: RelayId }): void {
  for (const { relay } of [a, b]) stage.engine.permit(relay, PUBLIC[stage.family]);
}

function bindBoth(stage: Stage, a: OpenRelay, b: OpenRelay): void {
  permitBoth(stage, a, b);
  stage.engine.installChannel(a.relay, A_CHANNEL as Channel, named(PUBLIC[stage.family], b));
  stage.engine.installChannel(b.relay, A_CHANNEL as Channel, named(PUBLIC[stage.family], a));
}
