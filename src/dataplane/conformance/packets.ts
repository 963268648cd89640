import { expect, test } from 'vitest';
import { BARE, type Channel, type Family, type RelayId, withPort, writeChannelHeader } from '../../wire/index.ts';
import { A_CHANNEL, channelData, type Host, type NewRig, request, Stage, text } from './stage.ts';

const SIZES = [0, 1, 2, 3, 172, 1200, 9000, 65_000];

/** What is relayed, what is not, and what is counted. */
export function packets(newRig: NewRig, family: Family): void {
  test('a channel carries payloads of every size both ways', async () => {
    const s = await scene(newRig, family);
    const { stage, client, peer } = s;
    stage.engine.permit(s.relay, peer.address);
    stage.engine.installChannel(s.relay, A_CHANNEL, peer.address);
    for (const size of SIZES) {
      const payload = new Uint8Array(size).fill(size);
      client.send(stage.listener, channelData(A_CHANNEL, payload));
      await stage.rig.until(() => peer.received.length > 0);
      const { from, bytes } = peer.received.shift()!;
      expect(from).toEqual({ ...s.address });
      expect(bytes).toEqual(payload);
      peer.send(from, bytes);
      await stage.rig.until(() => client.received.length > 0);
      const echo = client.received.shift()!;
      expect(echo.from).toEqual(stage.listener);
      expect(echo.bytes).toEqual(channelData(A_CHANNEL, payload));
    }
    expect(stage.peerData).toEqual([]);
    const bytes = SIZES.reduce((sum, size) => sum + size, 0);
    const traffic = { datagrams: SIZES.length, bytes };
    expect(stage.engine.counters()).toMatchObject({ relayedToPeers: traffic, relayedToClients: traffic });
    expect(stage.engine.closeRelay(s.relay)).toEqual({ toPeers: traffic, toClients: traffic });
    await stage.rig.close();
  });

  test('padding behind ChannelData is not relayed', async () => {
    const { stage, client, peer, relay } = await scene(newRig, family);
    stage.engine.permit(relay, peer.address);
    stage.engine.installChannel(relay, A_CHANNEL, peer.address);
    client.send(stage.listener, channelData(A_CHANNEL, text('12345'), 3));
    await stage.rig.until(() => peer.received.length > 0);
    expect(peer.received[0]!.bytes).toEqual(text('12345'));
    await stage.rig.close();
  });

  test('without a channel, permitted data goes through the upcalls and is counted once it is sent on', async () => {
    const { stage, client, peer, relay, clientId, address } = await scene(newRig, family);
    stage.engine.permit(relay, peer.address);
    stage.onPeer = (_, bytes, start, end) => {
      const at = writeChannelHeader(bytes, start, 0x4fff, end - start);
      stage.engine.toClient(clientId, bytes, at, end);
    };
    stage.engine.toPeer(relay, peer.address, text('..hello..'), 2, 7);
    await stage.rig.until(() => peer.received.length > 0);
    expect(peer.received[0]!.bytes).toEqual(text('hello'));
    peer.send(address, text('welcome'));
    await stage.rig.until(() => client.received.length > 0);
    expect(stage.peerData[0]).toEqual({ relay, peer: peer.address, bytes: text('welcome') });
    expect(client.received[0]!.bytes).toEqual(channelData(0x4fff, text('welcome')));
    stage.engine.toClient(clientId, text('a reply'), 0, 7);
    expect(stage.engine.trafficOf(relay)).toEqual({
      toPeers: { datagrams: 1, bytes: 5 },
      toClients: { datagrams: 1, bytes: 7 },
    });
    await stage.rig.close();
  });

  test('without a permission nothing passes in either direction, channel or not', async () => {
    const { stage, client, peer, relay, address } = await scene(newRig, family);
    stage.engine.toPeer(relay, peer.address, text('x'), 0, 1);
    expect(stage.drops('no-permission-out')).toBe(1);
    peer.send(address, text('x'));
    await stage.rig.until(() => stage.drops('no-permission-in') === 1);
    stage.engine.installChannel(relay, A_CHANNEL, peer.address);
    client.send(stage.listener, channelData(A_CHANNEL, text('x')));
    await stage.rig.until(() => stage.drops('no-permission-out') === 2);
    peer.send(address, text('x'));
    await stage.rig.until(() => stage.drops('no-permission-in') === 2);
    expect([client.received, peer.received, stage.peerData]).toEqual([[], [], []]);
    await stage.rig.close();
  });

  test('a permission covers every port of its address, and a channel only its own', async () => {
    const { stage, client, peer, relay, address } = await scene(newRig, family);
    const other = await stage.host();
    stage.engine.permit(relay, withPort(peer.address, 0));
    stage.engine.installChannel(relay, A_CHANNEL, peer.address);
    other.send(address, text('other'));
    await stage.rig.until(() => stage.peerData.length > 0);
    peer.send(address, text('peer'));
    await stage.rig.until(() => client.received.length > 0);
    expect(stage.peerData.map(data => data.peer)).toEqual([other.address]);
    await stage.rig.close();
  });

  test('a permission that ends stops a running channel at once, and one that returns resumes it', async () => {
    const { stage, client, peer, relay, address } = await scene(newRig, family);
    stage.engine.permit(relay, peer.address);
    stage.engine.installChannel(relay, A_CHANNEL, peer.address);
    await pass(stage, client, peer);
    stage.engine.forbid(relay, peer.address);
    client.send(stage.listener, channelData(A_CHANNEL, text('late')));
    peer.send(address, text('late'));
    await stage.rig.until(() => stage.drops('no-permission-in') === 1 && stage.drops('no-permission-out') === 1);
    stage.engine.permit(relay, peer.address);
    await pass(stage, client, peer);
    await stage.rig.close();
  });

  test('an active destination takes everything but messages of the Microsoft dialect, and its bytes come bare', async () => {
    const { stage, client, peer, relay, address } = await scene(newRig, family);
    stage.engine.permit(relay, peer.address);
    stage.engine.installChannel(relay, BARE, peer.address);
    const arrived = stage.arrivals.length;
    const stun = Uint8Array.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12)]);
    const dialect = Uint8Array.from([0, 4, 0, 8, ...new Uint8Array(16), 0, 0x0f, 0, 4, 0x72, 0xc6, 0x4b, 0xc6]);
    const bare = [stun, channelData(A_CHANNEL, text('x')), text('media'), new Uint8Array(0), dialect.slice(0, 27)];
    for (const bytes of bare) {
      client.send(stage.listener, bytes);
      await stage.rig.until(() => peer.received.length > 0);
      expect(peer.received.shift()).toEqual({ from: { ...address }, bytes });
      peer.send(address, bytes);
      await stage.rig.until(() => client.received.length > 0);
      expect(client.received.shift()!.bytes).toEqual(bytes);
    }
    peer.send(address, dialect);
    await stage.rig.until(() => client.received.length > 0);
    expect([stage.peerData, stage.arrivals.length]).toEqual([[], arrived]);
    client.send(stage.listener, dialect);
    await stage.rig.until(() => stage.arrivals.length === arrived + 1);
    expect(peer.received).toEqual([]);
    await stage.rig.close();
  });

  test('another active destination replaces the last, whose bytes go through the upcalls again', async () => {
    const { stage, client, peer, relay, address } = await scene(newRig, family);
    const second = await stage.host();
    stage.engine.permit(relay, peer.address);
    stage.engine.installChannel(relay, BARE, peer.address);
    stage.engine.installChannel(relay, BARE, second.address);
    client.send(stage.listener, text('to the second'));
    await stage.rig.until(() => second.received.length === 1);
    peer.send(address, text('from the first'));
    await stage.rig.until(() => stage.peerData.length === 1);
    stage.engine.forbid(relay, second.address);
    client.send(stage.listener, text('forbidden'));
    await stage.rig.until(() => stage.drops('no-permission-out') === 1);
    stage.engine.closeRelay(relay);
    const arrived = stage.arrivals.length;
    client.send(stage.listener, request('a stranger again'));
    await stage.rig.until(() => stage.arrivals.length === arrived + 1);
    expect([peer.received, second.received.length, stage.inUse.flows]).toEqual([[], 1, 0]);
    await stage.rig.close();
  });

  test('a removed channel carries nothing, while its permission still does', async () => {
    const { stage, client, peer, relay, address } = await scene(newRig, family);
    stage.engine.permit(relay, peer.address);
    stage.engine.installChannel(relay, A_CHANNEL, peer.address);
    await pass(stage, client, peer);
    stage.engine.removeChannel(relay, A_CHANNEL);
    client.send(stage.listener, channelData(A_CHANNEL, text('late')));
    await stage.rig.until(() => stage.drops('no-channel') === 1);
    peer.send(address, text('still allowed'));
    await stage.rig.until(() => stage.peerData.length === 1);
    await stage.rig.close();
  });

  test('a channel can be bound anew to another peer', async () => {
    const { stage, client, peer, relay } = await scene(newRig, family);
    const other = await stage.host();
    stage.engine.permit(relay, peer.address);
    stage.engine.installChannel(relay, A_CHANNEL, other.address);
    stage.engine.installChannel(relay, A_CHANNEL, peer.address);
    await pass(stage, client, peer);
    expect(other.received).toEqual([]);
    await stage.rig.close();
  });

  test('one client speaks through the channels of its two relays', async () => {
    const { stage, client, clientId, peer, relay } = await scene(newRig, family);
    const second = 77 as RelayId;
    const secondPeer = await stage.host();
    stage.openRelay(second, clientId);
    await stage.answered(second);
    for (const [id, channel, to] of [
      [relay, A_CHANNEL, peer],
      [second, 0x4002, secondPeer],
    ] as const) {
      stage.engine.permit(id, to.address);
      stage.engine.installChannel(id, channel as Channel, to.address);
    }
    client.send(stage.listener, channelData(0x4002, text('second')));
    await stage.rig.until(() => secondPeer.received.length === 1);
    stage.engine.closeRelay(second);
    await pass(stage, client, peer);
    expect(stage.engine.trafficOf(relay).toPeers.datagrams).toBe(1);
    await stage.rig.close();
  });

  test('ChannelData that is malformed, unbound or of a stranger is dropped by name', async () => {
    const { stage, client, peer } = await scene(newRig, family);
    client.send(stage.listener, Uint8Array.of(0x40, 0x01, 0));
    client.send(stage.listener, Uint8Array.of(0x40, 0x01, 0, 9, 1));
    await stage.rig.until(() => stage.drops('malformed-channel-data') === 2);
    client.send(stage.listener, channelData(A_CHANNEL, text('x')));
    peer.send(stage.listener, channelData(A_CHANNEL, text('x')));
    await stage.rig.until(() => stage.drops('no-channel') === 2);
    expect(stage.arrivals).toHaveLength(1); // the Allocate
    await stage.rig.close();
  });

  test('a peer of the other family is refused by name', async () => {
    const { stage, client, relay } = await scene(newRig, family);
    const stranger = withPort(stage.rig.ip(family === 4 ? 6 : 4), 9);
    stage.engine.permit(relay, stranger);
    stage.engine.installChannel(relay, A_CHANNEL, stranger);
    stage.engine.toPeer(relay, stranger, text('x'), 0, 1);
    client.send(stage.listener, channelData(A_CHANNEL, text('x')));
    await stage.rig.until(() => stage.drops('wrong-family') === 2);
    await stage.rig.close();
  });

  test('what no datagram can hold is too long, and what has no port can not be sent', async () => {
    const { stage, clientId, peer, relay } = await scene(newRig, family);
    const huge = new Uint8Array(70_000);
    stage.engine.permit(relay, peer.address);
    stage.engine.toPeer(relay, peer.address, huge, 0, 65_528);
    stage.engine.toClient(clientId, huge, 0, 65_528);
    expect(stage.drops('too-long')).toBe(2);
    stage.engine.toPeer(relay, withPort(peer.address, 0), huge, 0, 1);
    expect(stage.drops('send-error')).toBe(1);
    expect(stage.engine.trafficOf(relay).toPeers.datagrams).toBe(0);
    await stage.rig.close();
  });

  test('bytes lent to a send may be written again as soon as it returns', async () => {
    const { stage, client, clientId, peer, relay } = await scene(newRig, family);
    stage.engine.permit(relay, peer.address);
    const bytes = text('first');
    for (const words of ['first', 'other']) {
      bytes.set(text(words));
      stage.engine.toPeer(relay, peer.address, bytes, 0, 5);
      stage.engine.toClient(clientId, bytes, 0, 5);
    }
    bytes.fill(0);
    await stage.rig.until(() => peer.received.length === 2 && client.received.length === 2);
    for (const { received } of [peer, client]) {
      expect(received.map(datagram => datagram.bytes)).toEqual([text('first'), text('other')]);
    }
    await stage.rig.close();
  });
}

/** A client with a relay, and a peer. */
async function scene(newRig: NewRig, family: Family) {
  const stage = await Stage.start(await newRig(), family);
  const { host, relay, client, address } = await stage.relay();
  return { stage, client: host, clientId: client, relay, address, peer: await stage.host() };
}

async function pass(stage: Stage, client: Host, peer: Host): Promise<void> {
  const before = peer.received.length;
  client.send(stage.listener, channelData(A_CHANNEL, text('pass')));
  await stage.rig.until(() => peer.received.length > before);
}
