import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadNative } from '../../../native/index.ts';
import { type RelayId, type TransportAddress, withPort } from '../../../wire/index.ts';
import { mmsgRig } from '../../conformance/mmsg-rig.ts';
import { A_CHANNEL, channelData, Stage, text } from '../../conformance/stage.ts';
import { EVENTS, QUEUE } from './packet-memory.ts';

// Below the ports of the conformance suite, which may run at the same time.
const PORTS = { first: 12_000, last: 19_999 };

afterEach(() => vi.restoreAllMocks());

describe.each([4, 6] as const)('mmsg, IPv%i', family => {
  test('a closed port of a permitted peer is told of, and what is sent afterwards still arrives', async () => {
    const { stage, relay, errors } = await listening(family);
    const peer = await stage.host();
    const closed = await closedPort(stage);
    stage.engine.permit(relay, peer.address);
    stage.engine.toPeer(relay, closed, text('into the void'), 0, 13);
    await stage.rig.until(() => errors.length === 1);
    const unreachable = family === 4 ? { type: 3, code: 3 } : { type: 1, code: 4 };
    expect(errors).toEqual([{ relay, peer: closed, ...unreachable, data: 0 }]);
    for (const words of ['one', 'two']) {
      stage.engine.toPeer(relay, closed, text('again'), 0, 5);
      stage.engine.toPeer(relay, peer.address, text(words), 0, 3);
      await stage.rig.until(() => peer.received.length > 0);
      expect(peer.received.shift()!.bytes).toEqual(text(words));
    }
    expect(stage.drops('send-error')).toBe(0);
    await stage.rig.close();
  });

  test('nobody is told of a peer that is permitted no more', async () => {
    const { stage, relay, errors } = await listening(family);
    const closed = await closedPort(stage);
    stage.engine.permit(relay, closed);
    stage.engine.toPeer(relay, closed, text('x'), 0, 1);
    stage.engine.forbid(relay, closed);
    const { host } = await stage.relay(); // by then the error has come
    host.send(stage.listener, channelData(A_CHANNEL, text('x')));
    await stage.rig.until(() => stage.drops('no-channel') === 1);
    expect(errors).toEqual([]);
    await stage.rig.close();
  });

  test('more relays than one look at the sockets tells of are all served', async () => {
    const stage = await Stage.start(mmsgRig(), family, PORTS);
    const { client, host } = await stage.relay();
    const peer = await stage.host();
    const relays: TransportAddress[] = [];
    for (let id = 1000; id < 1000 + EVENTS + 50; id++) {
      const relay = id as RelayId;
      stage.openRelay(relay, client);
      const opened = await stage.answered(relay);
      if (typeof opened === 'string') throw new Error(opened);
      stage.engine.permit(relay, peer.address);
      relays.push(opened.address);
    }
    stage.onPeer = (_, bytes, start, end) => stage.engine.toClient(client, bytes, start, end);
    for (const relay of relays) peer.send(relay, text(`${relay.port}`));
    await stage.rig.until(() => host.received.length === relays.length);
    const seen = host.received.map(({ bytes }) => Number(Buffer.from(bytes).toString()));
    expect(new Set(seen)).toEqual(new Set(relays.map(({ port }) => port)));
    await stage.rig.close();
  });

  test('more datagrams than the queue holds, sent at once from borrowed bytes, arrive whole and in order', async () => {
    const { stage, relay } = await listening(family);
    const peer = await stage.host();
    stage.engine.permit(relay, peer.address);
    const bytes = new Uint8Array(40);
    const most = QUEUE + 300;
    for (let i = 0; i < most; i++) {
      bytes.fill(i & 255);
      new DataView(bytes.buffer).setUint32(0, i);
      stage.engine.toPeer(relay, peer.address, bytes, 0, i % 7 === 0 ? 10 : 40);
    }
    await stage.rig.until(() => peer.received.length === most);
    const numbers = peer.received.map(({ bytes: b }) => new DataView(b.buffer).getUint32(0));
    const filled = peer.received.every(({ bytes: b }, i) => b.subarray(4).every(byte => byte === (i & 255)));
    expect(filled).toBe(true);
    expect(numbers).toEqual(Array.from({ length: most }, (_, i) => i));
    await stage.rig.close();
  });

  test('datagrams of every size in one burst arrive whole, each to its own address and in its order', async () => {
    const { stage, relay } = await listening(family);
    const peers = [await stage.host(), await stage.host()];
    stage.engine.permit(relay, peers[0]!.address);
    const sizes = [0, 1, 1, 100, 100, 100, 40, 100, 1400, 1400, 1400, 1472, 1473, 1473, 2000, 2000, 0, 0, 5];
    for (const size of sizes) {
      for (const { address } of peers) stage.engine.toPeer(relay, address, new Uint8Array(size).fill(size), 0, size);
    }
    await stage.rig.until(() => peers.every(({ received }) => received.length === sizes.length));
    for (const { received } of peers) {
      expect(received.map(({ bytes }) => bytes)).toEqual(sizes.map(size => new Uint8Array(size).fill(size)));
    }
    await stage.rig.close();
  });

  test('what is sent in several callbacks of one turn of the event loop leaves in one call', async () => {
    const { stage, relay } = await listening(family);
    const peer = await stage.host();
    stage.engine.permit(relay, peer.address);
    const calls = callsToSend();
    for (let i = 0; i < 10; i++) {
      stage.engine.toPeer(relay, peer.address, text(`${i}`), 0, 1);
      await Promise.resolve();
    }
    await stage.rig.until(() => peer.received.length === 10);
    expect(calls()).toBe(1);
    await stage.rig.close();
  });

  test('a relay that closes lets go what waits in it, and leaves others to wait', async () => {
    const { stage, relay, client } = await listening(family);
    const peer = await stage.host();
    stage.engine.permit(relay, peer.address);
    const other = 77 as RelayId;
    stage.openRelay(other, client);
    await stage.answered(other);
    const calls = callsToSend();
    stage.engine.toPeer(relay, peer.address, text('last'), 0, 4);
    stage.engine.closeRelay(other);
    expect(calls()).toBe(0);
    stage.engine.closeRelay(relay);
    expect(calls()).toBe(1);
    await stage.rig.until(() => peer.received.length === 1);
    await stage.rig.close();
  });

  test('listeners and relays are bound to the network interface of their address, or are not opened', async () => {
    let device = 'lo';
    const stage = await Stage.start(
      mmsgRig(() => device),
      family,
      PORTS,
    );
    await stage.relay();
    device = 'no-such-device';
    const { relay } = await stage.ask(await stage.host());
    expect(await stage.answered(relay)).toBe('denied');
    await expect(stage.engine.listen(withPort(stage.ip, 0))).rejects.toMatchObject({ code: 'ENODEV' });
    await stage.rig.close();
  });
});

interface RelayError {
  relay: RelayId;
  peer: TransportAddress;
  type: number;
  code: number;
  data: number;
}

/** An open relay, and what is heard of errors. */
async function listening(family: 4 | 6) {
  const stage = await Stage.start(mmsgRig(), family, PORTS);
  const errors: RelayError[] = [];
  Object.assign(stage, {
    relayError(relay: RelayId, peer: TransportAddress, type: number, code: number, data: number) {
      errors.push({ relay, peer: withPort(peer, peer.port), type, code, data });
    },
  });
  const { relay, client } = await stage.relay();
  return { stage, relay, client, errors };
}

/** Counts the kernel's calls that send, from now on. */
function callsToSend(): () => number {
  const native = loadNative();
  if (typeof native === 'string') throw new Error(native);
  const spies = [vi.spyOn(native.libc, 'sendto'), vi.spyOn(native.libc, 'sendmmsg')];
  return () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
}

/** A port that was open a moment ago. */
async function closedPort(stage: Stage): Promise<TransportAddress> {
  const host = await stage.host();
  await host.close();
  host.close = async () => {};
  return host.address;
}
