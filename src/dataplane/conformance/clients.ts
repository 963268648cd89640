import { expect, test } from 'vitest';
import { BARE, type ClientAddress, type Family, type RelayId, withPort } from '../../wire/index.ts';
import type { Client, StreamSink } from '../engine.ts';
import { A_CHANNEL, channelData, type NewRig, request, Stage, text } from './stage.ts';

/** Who clients are, and for how long. */
export function clients(newRig: NewRig, family: Family): void {
  test('a stranger is shown with its address and ours, can be answered within the upcall, and is not kept', async () => {
    const stage = await Stage.start(await newRig(), family);
    const [one, two] = [await stage.host(), await stage.host()];
    stage.onClient = (client, bytes, start, end) => stage.engine.toClient(client.id, bytes, start, end);
    one.send(stage.listener, request('one'));
    await stage.rig.until(() => one.received.length === 1);
    two.send(stage.listener, request('two'));
    await stage.rig.until(() => two.received.length === 1);
    const [first, second] = stage.arrivals.map(a => a.client);
    expect(first).toMatchObject({ transport: 'udp', address: one.address, local: stage.listener });
    expect(second).toMatchObject({ address: two.address });
    expect(second!.id).not.toBe(first!.id);
    expect(stage.inUse.clients).toBe(0);
    await stage.rig.close();
  });

  test('a client with a relay keeps its id while strangers come and go, and a later relay of another is not its', async () => {
    const stage = await Stage.start(await newRig(), family);
    const { host, client } = await stage.relay();
    const stranger = await stage.host();
    stranger.send(stage.listener, request('hello'));
    await stage.rig.until(() => stage.arrivals.length === 2);
    host.send(stage.listener, request('refresh'));
    await stage.rig.until(() => stage.arrivals.length === 3);
    expect(stage.arrivals.map(a => a.client.id === client)).toEqual([true, false, true]);
    stage.engine.toClient(client, text('for the client'), 0, 14);
    await stage.rig.until(() => host.received.length === 1);
    expect(stranger.received).toEqual([]);
    await stage.rig.close();
  });

  test('a stranger that was accepted only after a pause is kept under its id', async () => {
    const stage = await Stage.start(await newRig(), family);
    const host = await stage.host();
    host.send(stage.listener, request('allocate'));
    await stage.rig.until(() => stage.arrivals.length === 1);
    const { id } = stage.arrivals[0]!.client;
    stage.openRelay(1 as RelayId, id);
    await stage.answered(1 as RelayId);
    stage.engine.toClient(id, text('success'), 0, 7);
    await stage.rig.until(() => host.received.length === 1);
    await stage.rig.close();
  });

  test('a stranger that another one followed can not be kept any more', async () => {
    const stage = await Stage.start(await newRig(), family);
    for (const words of ['one', 'two']) {
      (await stage.host()).send(stage.listener, request(words));
      await stage.rig.until(
        () => stage.arrivals.at(-1)?.bytes.length === 4 && stage.arrivals.length === (words === 'one' ? 1 : 2),
      );
    }
    stage.openRelay(1 as RelayId, stage.arrivals[0]!.client.id);
    expect(await stage.answered(1 as RelayId)).toBe('denied');
    await stage.rig.close();
  });

  test('a request that closes the last relay can still be answered', async () => {
    const stage = await Stage.start(await newRig(), family);
    const { host, relay } = await stage.relay();
    stage.onClient = client => {
      stage.engine.closeRelay(relay);
      stage.engine.toClient(client.id, text('goodbye'), 0, 7);
    };
    host.send(stage.listener, request('refresh to zero'));
    await stage.rig.until(() => host.received.length === 1);
    expect(stage.inUse.clients).toBe(0);
    await stage.rig.close();
  });

  test('a client with two relays is kept until both are closed', async () => {
    const stage = await Stage.start(await newRig(), family);
    const { relay, client } = await stage.relay();
    stage.openRelay(9 as RelayId, client);
    await stage.answered(9 as RelayId);
    stage.engine.closeRelay(relay);
    expect(stage.inUse.clients).toBe(1);
    stage.engine.closeRelay(9 as RelayId);
    expect(stage.inUse.clients).toBe(0);
    await stage.rig.close();
  });

  test('a stream client exchanges data with a peer over its channel, without padding', async () => {
    const { stage, client, frames, relay, peer, relayed } = await streamScene(newRig, family);
    expect(stage.arrivals[0]!.client).toMatchObject({ id: client.id, transport: 'tls' });
    stage.engine.fromStream(client.id, channelData(A_CHANNEL, text('hello')), 0, 9);
    await stage.rig.until(() => peer.received.length === 1);
    peer.send(relayed, text('welcome'));
    await stage.rig.until(() => frames.length === 1);
    expect(frames[0]).toEqual(channelData(A_CHANNEL, text('welcome')));
    expect(stage.engine.trafficOf(relay).toClients).toEqual({ datagrams: 1, bytes: 7 });
    await stage.rig.close();
  });

  test('bare bytes of a stream go to its active destination and come from it, whatever they look like', async () => {
    const { stage, client, sink, frames, relay, peer, relayed } = await streamScene(newRig, family);
    const arrived = stage.arrivals.length;
    const send = (bytes: Uint8Array, bare: boolean) => stage.engine.fromStream(client.id, bytes, 0, bytes.length, bare);
    send(A_MESSAGE, true);
    expect(stage.drops('no-active-destination')).toBe(1);
    stage.engine.installChannel(relay, BARE, peer.address);
    send(A_MESSAGE, true);
    await stage.rig.until(() => peer.received.length === 1);
    expect(peer.received[0]!.bytes).toEqual(A_MESSAGE);
    send(A_MESSAGE, false);
    expect(stage.arrivals.length).toBe(arrived + 1);
    peer.send(relayed, A_MESSAGE);
    await stage.rig.until(() => frames.length === 1);
    expect([frames[0], sink.bare[0]]).toEqual([A_MESSAGE, true]);
    stage.engine.toClient(client.id, A_MESSAGE, 0, A_MESSAGE.length);
    expect(sink.bare[1]).toBe(false);
    await stage.rig.close();
  });

  test('a stream that reads too slowly loses its own datagrams and nobody else does', async () => {
    const { stage, sink, frames, relay, peer, relayed } = await streamScene(newRig, family);
    const other = await stage.relay();
    stage.engine.permit(other.relay, peer.address);
    stage.engine.installChannel(other.relay, A_CHANNEL, peer.address);
    sink.isFull = true;
    peer.send(relayed, text('lost'));
    peer.send(other.address, text('not lost'));
    await stage.rig.until(() => stage.drops('stream-slow') === 1 && other.host.received.length === 1);
    sink.isFull = false;
    peer.send(relayed, text('later'));
    await stage.rig.until(() => frames.length === 1);
    expect(stage.engine.trafficOf(relay).toClients).toEqual({ datagrams: 1, bytes: 5 });
    await stage.rig.close();
  });

  test('a stream that closed is written to no more, and is forgotten with its relay', async () => {
    const { stage, client, frames, relay, peer, relayed } = await streamScene(newRig, family);
    stage.engine.closeStream(client.id);
    peer.send(relayed, text('late'));
    await stage.rig.until(() => stage.drops('no-client') === 1);
    expect([frames.length, stage.inUse.clients]).toEqual([0, 1]);
    stage.engine.closeRelay(relay);
    stage.engine.closeStream(client.id);
    expect(stage.inUse.clients).toBe(0);
    stage.engine.fromStream(client.id, text('late'), 0, 4);
    expect(stage.drops('no-client')).toBe(2);
    await stage.rig.close();
  });
}

/** A whole message of the Microsoft dialect: what only its way here tells from bytes of a peer. */
const A_MESSAGE = Uint8Array.from([1, 0x15, 0, 8, ...new Uint8Array(16), 0, 0x0f, 0, 4, 0x72, 0xc6, 0x4b, 0xc6]);

class RecordingSink implements StreamSink {
  readonly frames: Uint8Array[] = [];
  readonly bare: boolean[] = [];
  isFull = false;

  frame(bytes: Uint8Array, start: number, end: number, bare: boolean): boolean {
    if (!this.isFull) this.frames.push(bytes.slice(start, end));
    if (!this.isFull) this.bare.push(bare);
    return !this.isFull;
  }
}

/** A stream client with a relay, and a channel to a peer. */
async function streamScene(newRig: NewRig, family: Family) {
  const stage = await Stage.start(await newRig(), family);
  const peer = await stage.host();
  const sink = new RecordingSink();
  const address = withPort(stage.ip, 4321) as ClientAddress;
  const client: Client = stage.engine.openStream('tls', address, withPort(stage.ip, 443), sink);
  const relay = 5 as RelayId;
  stage.onClient = ({ id }) => stage.openRelay(relay, id);
  stage.engine.fromStream(client.id, request('allocate'), 0, 9);
  stage.onClient = () => {};
  const opened = await stage.answered(relay);
  if (typeof opened === 'string') throw new Error(opened);
  stage.engine.permit(relay, peer.address);
  stage.engine.installChannel(relay, A_CHANNEL, peer.address);
  return { stage, client, sink, frames: sink.frames, relay, peer, relayed: opened.address };
}
