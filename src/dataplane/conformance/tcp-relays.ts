import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { type Family, formatIp, type LinkId, type RelayId, type TransportAddress, withPort } from '../../wire/index.ts';
import type { OwnRelays } from '../near-relays.ts';
import { ownOf, PUBLIC } from './own-relays.ts';
import { type NewRig, Stage, somePorts, text } from './stage.ts';

const LINK = 7 as LinkId;

/** What an engine with TCP relays must do, over real sockets: the simulated network has none. */
export function tcpRelays(newRig: NewRig, family: Family): void {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function start(ports = somePorts(200), isNamed = false): Promise<Stage> {
    const rig = await newRig();
    const own: OwnRelays | undefined = isNamed ? ownOf(rig.ip(family), PUBLIC[family], ports) : undefined;
    const stage = await Stage.start(rig, family, ports, own);
    ends.push(() => stage.rig.close());
    return stage;
  }

  async function listening(stage: Stage, port = 0): Promise<{ server: Server; came: Socket[]; at: TransportAddress }> {
    const came: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, socket => void came.push(socket.on('error', () => {})));
    server.listen({ host: formatIp(stage.ip), port, exclusive: true });
    await once(server, 'listening');
    ends.push(() => {
      for (const socket of came) socket.destroy();
      server.close();
    });
    return { server, came, at: withPort(stage.ip, (server.address() as { port: number }).port) };
  }

  function calling(to: TransportAddress): Socket {
    const socket = connect({ host: formatIp(to), port: to.port, allowHalfOpen: true }).on('error', () => {});
    ends.push(() => socket.destroy());
    return socket;
  }

  test('a peer that connects is told of, and closed when nobody wants it', async () => {
    const stage = await start();
    const { address, relay } = await stage.relay({ transport: 'tcp' });
    const peer = calling(address);
    await stage.rig.until(() => peer.destroyed);
    expect(stage.callers).toEqual([{ relay, peer: withPort(stage.ip, stage.callers[0]!.peer.port) }]);
    expect(stage.closed).toEqual([]);
  });

  test('nothing is read of a peer before it is bound, then all of it, both ways and each end by itself', async () => {
    const stage = await start();
    stage.onCaller = () => LINK;
    const { address, relay } = await stage.relay({ transport: 'tcp' });
    const peer = calling(address);
    const flood = new Uint8Array(64 * 1024 * 1024);
    peer.end(flood);
    await stage.rig.until(() => stage.callers.length === 1);
    await new Promise(resolve => setTimeout(resolve, 200));
    expect(peer.writableLength).toBeGreaterThan(flood.length / 2);
    const client = new Far();
    stage.engine.bindLink(LINK, client.stream);
    await stage.rig.until(() => client.bytes === flood.length && client.isEnded);
    client.stream.push(text('and back'));
    client.stream.push(null);
    const [answer] = (await once(peer, 'data')) as [Buffer];
    expect(answer.toString()).toBe('and back');
    await stage.rig.until(() => stage.closed.length === 1);
    const { toPeers, toClients } = stage.engine.trafficOf(relay);
    expect([toPeers, toClients]).toEqual([
      { datagrams: 0, bytes: 8 },
      { datagrams: 0, bytes: flood.length },
    ]);
  });

  test('of a connection that nobody has bound the kernel holds every byte, whoever opened it', async () => {
    const stage = await start();
    stage.onCaller = () => LINK;
    const { relay, address } = await stage.relay({ transport: 'tcp' });
    const caller = calling(address);
    caller.write(new Uint8Array(1_000));
    const peer = await listening(stage);
    stage.engine.connectLink(8 as LinkId, relay, peer.at);
    await stage.rig.until(() => stage.connected.length === 1 && peer.came.length === 1);
    peer.came[0]!.write(new Uint8Array(2_000));
    await stage.rig.until(() => unread(address.port, peer.at.port) === 2_000);
    await new Promise(resolve => setTimeout(resolve, 50));
    expect([unread(address.port, caller.localPort!), unread(address.port, peer.at.port)]).toEqual([1_000, 2_000]);
  });

  test('a connection leaves from the port that the relay listens on, as often as it has peers', async () => {
    const stage = await start();
    const { address, relay } = await stage.relay({ transport: 'tcp' });
    const peers = [await listening(stage), await listening(stage)];
    for (const [i, { at }] of peers.entries()) stage.engine.connectLink(i as LinkId, relay, at);
    expect(stage.connected).toEqual([]);
    await stage.rig.until(() => stage.connected.length === 2 && peers.every(({ came }) => came.length === 1));
    expect(peers.map(({ came }) => came[0]!.remotePort)).toEqual([address.port, address.port]);
    calling(address);
    await stage.rig.until(() => stage.callers.length === 1);
  });

  test('a connection that cannot be had is told of, and so is one that breaks', async () => {
    const stage = await start();
    const { relay } = await stage.relay({ transport: 'tcp' });
    const peer = await listening(stage);
    stage.engine.connectLink(1 as LinkId, relay, withPort(stage.ip, 1));
    stage.engine.connectLink(2 as LinkId, 99 as RelayId, peer.at);
    stage.engine.connectLink(3 as LinkId, relay, peer.at);
    await stage.rig.until(() => stage.closed.length === 2 && stage.connected.length === 1);
    const client = new Far();
    stage.engine.bindLink(3 as LinkId, client.stream);
    await stage.rig.until(() => peer.came.length === 1);
    peer.came[0]!.resetAndDestroy();
    await stage.rig.until(() => stage.closed.length === 3 && client.stream.destroyed);
    expect(new Set(stage.closed)).toEqual(new Set([1, 2, 3]));
  });

  test('a stream whose link is gone is closed, and closing a link closes what was bound to it without a word', async () => {
    const stage = await start();
    const { relay } = await stage.relay({ transport: 'tcp' });
    const late = new Far();
    stage.engine.bindLink(LINK, late.stream);
    expect(late.stream.destroyed).toBe(true);
    const peer = await listening(stage);
    stage.engine.connectLink(LINK, relay, peer.at);
    await stage.rig.until(() => stage.connected.length === 1);
    const client = new Far();
    stage.engine.bindLink(LINK, client.stream);
    stage.engine.closeLink(LINK);
    await stage.rig.until(() => client.stream.destroyed);
    expect(stage.closed).toEqual([]);
  });

  test('with its relay go its connections and bound streams, and its port is free at once', async () => {
    const ports = somePorts(1);
    const stage = await start(ports);
    stage.onCaller = () => LINK;
    const { relay, address, client: id } = await stage.relay({ transport: 'tcp' });
    const peer = calling(address);
    await stage.rig.until(() => stage.callers.length === 1);
    const client = new Far();
    stage.engine.bindLink(LINK, client.stream);
    expect(id).toBeTypeOf('number');
    stage.engine.closeRelay(relay);
    expect((await stage.relay({ transport: 'tcp' })).address.port).toBe(ports.first);
    await stage.rig.until(() => client.stream.destroyed);
    peer.resume();
    await stage.rig.until(() => peer.destroyed || peer.readableEnded);
    expect(stage.closed).toEqual([]);
  });

  test('no port is a UDP and a TCP relay’s at once, and one on which another program listens is passed over', async () => {
    const ports = somePorts(4);
    const stage = await start(ports);
    await listening(stage, ports.first);
    const taken = [
      await stage.relay({ transport: 'tcp' }),
      await stage.relay({ transport: 'tcp' }),
      await stage.relay({ transport: 'tcp-packets' }),
    ].map(({ address }) => address.port);
    expect(new Set(taken)).toEqual(new Set([ports.first + 1, ports.first + 2, ports.first + 3]));
    expect((await stage.relay()).address.port).toBe(ports.first);
    const { relay } = await stage.ask(await stage.host());
    expect(await stage.answered(relay)).toBe('no-ports');
  });

  test('a port on which another edge relays is nobody else’s', async () => {
    const ports = somePorts(1);
    const first = await start(ports);
    const second = await Stage.start(first.rig, family, ports);
    await first.relay({ transport: 'tcp' });
    const { relay } = await second.ask(await second.host(), { transport: 'tcp' });
    expect(await second.answered(relay)).toBe('port-taken');
  });

  test('a relay of ours is connected to where it really is, and comes by the name it is known by', async () => {
    const stage = await start(somePorts(200), true);
    stage.onCaller = () => 8 as LinkId;
    const [one, two] = [await stage.relay({ transport: 'tcp' }), await stage.relay({ transport: 'tcp' })];
    stage.engine.connectLink(LINK, one.relay, withPort(PUBLIC[family], two.address.port));
    await stage.rig.until(() => stage.connected.length === 1 && stage.callers.length === 1);
    expect(stage.callers[0]).toEqual({ relay: two.relay, peer: withPort(PUBLIC[family], one.address.port) });
  });

  test('two relays of packets of ours meet by the name they are known by, and by no other port of our address', async () => {
    const stage = await start(somePorts(200), true);
    const one = await stage.relay({ transport: 'tcp-packets' });
    const two = await stage.relay({ transport: 'tcp-packets' });
    for (const { relay } of [one, two]) stage.engine.permit(relay, PUBLIC[family]);
    const frame = text('\0\u0003abc');
    stage.engine.toPeer(one.relay, withPort(PUBLIC[family], two.address.port), frame, 0, frame.length);
    await stage.rig.until(() => stage.peerData.length === 1);
    expect(stage.peerData[0]).toMatchObject({ relay: two.relay, peer: withPort(PUBLIC[family], one.address.port) });
    stage.engine.toPeer(two.relay, withPort(PUBLIC[family], one.address.port), frame, 0, frame.length);
    await stage.rig.until(() => stage.peerData.length === 2); // over the same connection
    stage.engine.toPeer(one.relay, withPort(PUBLIC[family], stage.listener.port), frame, 0, frame.length);
    expect(stage.drops('no-relay')).toBe(1);
  });

  test('a relay of packets connects to whom it sends, and hands up frame by frame what permitted peers say', async () => {
    const stage = await start();
    const { relay, address } = await stage.relay({ transport: 'tcp-packets' });
    const peer = await listening(stage);
    const frame = text('\0\u0003abc');
    stage.engine.toPeer(relay, peer.at, frame, 0, frame.length);
    expect(stage.drops('no-permission-out')).toBe(1);
    stage.engine.permit(relay, stage.ip);
    stage.engine.toPeer(relay, peer.at, frame, 0, frame.length);
    stage.engine.toPeer(relay, peer.at, frame, 0, frame.length);
    await stage.rig.until(() => peer.came.length === 1);
    expect(peer.came[0]!.remotePort).toBe(address.port);
    peer.came[0]!.write(text('\0\u0003one\0\u0003two\0'));
    peer.came[0]!.write(text('\u0001x'));
    await stage.rig.until(() => stage.peerData.length === 3);
    const said = stage.peerData.map(({ bytes }) => Buffer.from(bytes).toString());
    expect(said).toEqual(['\0\u0003one', '\0\u0003two', '\0\u0001x']);
    expect(stage.peerData.every(({ peer: from }) => from.port === peer.at.port)).toBe(true);
    stage.engine.forbid(relay, stage.ip);
    peer.came[0]!.write(text('\0\u0001y'));
    await stage.rig.until(() => stage.drops('no-permission-in') === 1);
  });
}

/** Bytes that the kernel holds for whoever reads this connection; -1 when there is none. */
function unread(port: number, peerPort: number): number {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(table => readFileSync(table, 'utf8').split('\n').slice(1));
  for (const row of rows) {
    const [, local = '', remote = '', , queues = ''] = row.trim().split(/\s+/);
    if (portIn(local) === port && portIn(remote) === peerPort) return Number.parseInt(queues.split(':')[1]!, 16);
  }
  return -1;
}

function portIn(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}

/** The far end of a bound link: a stream whose readable half a test says, and whose writable half it counts. */
class Far {
  readonly stream: Duplex;
  bytes = 0;
  isEnded = false;

  constructor() {
    this.stream = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _, done) => {
        this.bytes += chunk.length;
        done();
      },
      final: done => {
        this.isEnded = true;
        done();
      },
    });
    this.stream.on('error', () => {});
  }
}
