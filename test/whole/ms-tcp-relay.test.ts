import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { formatAddress, parseIp, type TransportAddress, withPort } from '../../src/wire/index.ts';
import { EdgeBench, type EdgeDifferences } from '../testkit/edge-bench.ts';
import { MsStreamClient, packetOf, type StreamKind } from '../testkit/ms-stream-client.ts';
import { closing, pause, until } from '../testkit/stream-bytes.ts';

const LOOPBACK = parseIp('127.0.0.1')!;
const MEGABYTE = 1024 * 1024;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function edge(differences: EdgeDifferences = {}): Promise<EdgeBench> {
  const bench = await EdgeBench.start(differences);
  ends.push(() => bench.close());
  return bench;
}

async function client(bench: EdgeBench, kind: StreamKind = 'plain'): Promise<MsStreamClient> {
  const opened = await MsStreamClient.open(kind, bench.tcp);
  ends.push(() => opened.socket.destroy());
  return opened;
}

interface Peer {
  readonly address: TransportAddress;
  readonly name: string;
  readonly connections: Socket[];
  readonly got: string[];
}

/** A peer that listens, and what came on each of its connections. */
async function peer(): Promise<Peer> {
  const connections: Socket[] = [];
  const got: string[] = [];
  const server = createServer({ noDelay: true }, socket => {
    const i = connections.push(socket) - 1;
    got.push('');
    socket.on('error', () => {});
    socket.on('data', chunk => (got[i] += chunk.toString('latin1')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  const address = withPort(LOOPBACK, (server.address() as { port: number }).port);
  return { address, name: formatAddress(address), connections, got };
}

async function caller(
  to: TransportAddress,
  from = '127.0.0.1',
): Promise<{ socket: Socket; address: TransportAddress }> {
  const socket = connect({ host: '127.0.0.1', port: to.port, localAddress: from, noDelay: true });
  socket.on('error', () => {});
  ends.push(() => socket.destroy());
  await once(socket, 'connect');
  return { socket, address: withPort(parseIp(from)!, socket.localPort!) };
}

const framed = (text: string) => packetOf(text).toString('latin1');

describe.each<StreamKind>(['plain', 'pseudo-TLS', 'TLS'])('over a stream, %s', kind => {
  test.each(['dgram', 'mmsg'] as const)(
    'with %s: a Send connects from the relayed port, and each of the peer’s packets is one Data Indication',
    async engine => {
      const bench = await edge({ engines: [engine] });
      const alice = await client(bench, kind);
      const relayed = await alice.allocated();
      const bob = await peer();
      alice.send(bob.address, 'first');
      alice.send(bob.address, 'second');
      await until(() => bob.got[0] === framed('first') + framed('second'));
      expect(bob.connections.map(({ remotePort }) => remotePort)).toEqual([relayed.port]);
      const [back] = bob.connections as [Socket];
      back.write(Buffer.concat([packetOf('one'), packetOf('two'), packetOf('')]));
      for (const byte of packetOf('byte by byte')) {
        back.write(Buffer.of(byte));
        await pause(1);
      }
      await until(() => alice.heard.length === 4);
      expect(alice.heard.map(({ frame }) => frame)).toEqual(['one', 'two', '', 'byte by byte'].map(framed));
      expect(alice.heard.map(({ from }) => from)).toEqual([bob.name, bob.name, bob.name, bob.name]);
    },
  );

  test('after Set Active Destination its packets travel bare, and others’ do not', async () => {
    const bench = await edge();
    const alice = await client(bench, kind);
    await alice.allocated();
    const [bob, carol] = [await peer(), await peer()];
    alice.send(carol.address, 'hello');
    alice.send(bob.address, 'hello');
    const set = await alice.ask(alice.talker.setActive(bob.address));
    expect(set.code).toBeUndefined();
    alice.bare(packetOf('bare'));
    await until(() => bob.got[0] === framed('hello') + framed('bare') && carol.connections.length === 1);
    bob.connections[0]!.write(packetOf('from bob'));
    await until(() => alice.heard.length === 1);
    carol.connections[0]!.write(packetOf('from carol'));
    await until(() => alice.heard.length === 2);
    expect(alice.heard).toEqual([
      { from: undefined, frame: framed('from bob') },
      { from: carol.name, frame: framed('from carol') },
    ]);
  });

  test('with the client’s connection go its peers’, and the listening port', async () => {
    const bench = await edge();
    const alice = await client(bench, kind);
    const relayed = await alice.allocated();
    const bob = await peer();
    alice.send(bob.address, 'hello');
    await until(() => bob.got[0] === framed('hello'));
    alice.socket.destroy();
    await closing(bob.connections[0]!);
    await until(() => bench.logged('allocation ended').length === 1);
    expect(bench.logged('allocation ended')[0]).toMatchObject({ reason: 'client-closed', bytesToPeers: 7 });
    await expect(caller(relayed)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('a peer that connects to the relay', () => {
  test('is heard when it is permitted, and a Send to it goes the same way', async () => {
    const bench = await edge();
    const alice = await client(bench);
    const relayed = await alice.allocated();
    alice.send((await peer()).address, 'lets 127.0.0.1 in');
    const bob = await caller(relayed);
    bob.socket.write(packetOf('here I am'));
    await until(() => alice.heard.length === 1);
    expect(alice.heard[0]).toEqual({ from: formatAddress(bob.address), frame: framed('here I am') });
    alice.send(bob.address, 'welcome');
    const [answer] = (await once(bob.socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toBe(framed('welcome'));
  });

  test('without a permission waits unread for one, and a Send lets it in', async () => {
    const bench = await edge();
    const alice = await client(bench);
    const relayed = await alice.allocated();
    const bob = await caller(relayed);
    bob.socket.write(packetOf('too early'));
    await pause(100);
    expect(alice.heard).toEqual([]);
    alice.send((await peer()).address, 'lets 127.0.0.1 in');
    await until(() => alice.heard.length === 1);
  });

  test('is closed when no permission comes in five seconds, and at once when there are four already', async () => {
    const bench = await edge();
    const alice = await client(bench);
    const relayed = await alice.allocated();
    const first = await Promise.all(Array.from({ length: 4 }, () => caller(relayed, '127.0.0.2')));
    const fifth = await caller(relayed, '127.0.0.2');
    await until(() => fifth.socket.destroyed, 1_000);
    await pause(3_000);
    expect(first.map(({ socket }) => socket.destroyed)).toEqual([false, false, false, false]);
    await until(() => first.every(({ socket }) => socket.destroyed), 4_000);
    expect(await bench.dropped('no-permission-in')).toBe(5);
  });

  test('and says more than a packet can hold is closed, and counted', async () => {
    const bench = await edge();
    const alice = await client(bench);
    const relayed = await alice.allocated();
    alice.send((await peer()).address, 'lets 127.0.0.1 in');
    await pause(50);
    const bob = await caller(relayed);
    bob.socket.write(Buffer.of(0xff, 0xff));
    await closing(bob.socket);
    expect(await bench.dropped('too-long')).toBe(1);
  });
});

test('a peer that policy denies is never connected to, nor the edge itself', async () => {
  const bench = await edge();
  const alice = await client(bench);
  await alice.allocated();
  alice.send(withPort(parseIp('10.0.0.1')!, 80), 'denied');
  alice.send(withPort(LOOPBACK, bench.tcp), 'denied as well');
  await until(async () => (await bench.metric('sallyport_refusals_total{reason="peer-denied"}')) === 1);
  await until(async () => (await bench.metric('sallyport_refusals_total{reason="send-to-own-endpoint"}')) === 1);
});

test('on a stream, a message whose number is not higher than the last is dropped', async () => {
  const bench = await edge();
  const alice = await client(bench);
  await alice.allocated();
  const bob = await peer();
  const late = alice.talker.send(bob.address, packetOf('late'));
  alice.send(bob.address, 'in time');
  alice.say(late);
  await until(async () => (await bench.metric('sallyport_refusals_total{reason="ms-replayed"}')) === 1);
  await until(() => bob.got[0] === framed('in time'));
});

test('no more peers are connected to at once than configured', async () => {
  const bench = await edge({ limits: { connectionsPerAllocation: 1 } });
  const alice = await client(bench);
  await alice.allocated();
  const [bob, carol] = [await peer(), await peer()];
  alice.send(bob.address, 'hello');
  alice.send(carol.address, 'hello');
  await until(() => bob.got[0] === framed('hello'));
  expect(carol.connections).toEqual([]);
  expect(await bench.dropped('send-queue-full')).toBe(1);
});

describe('who reads slowly', () => {
  const PACKET = 1_000;
  const count = 20 * 1024;
  const numbered = (i: number) => packetOf(`${i}`.padEnd(PACKET, '.'));

  test('a client stops its peer, and nothing is lost', async () => {
    const bench = await edge();
    const alice = await client(bench);
    await alice.allocated();
    const bob = await peer();
    alice.send(bob.address, 'hello');
    await until(() => bob.connections.length === 1);
    alice.socket.pause();
    const before = process.memoryUsage().rss;
    const [far] = bob.connections as [Socket];
    let isWritten = false;
    void (async () => {
      for (let i = 0; i < count; i++) if (!far.write(numbered(i))) await once(far, 'drain');
      isWritten = true;
    })();
    await pause(500);
    expect([isWritten, far.bytesWritten < 15 * MEGABYTE]).toEqual([false, true]);
    expect(process.memoryUsage().rss - before).toBeLessThan(48 * MEGABYTE);
    alice.socket.resume();
    await until(() => alice.heard.length === count, 20_000);
    expect(alice.heard.every(({ frame }, i) => frame.startsWith(`${i}.`, 2))).toBe(true);
  });

  test('a peer stops its client, and nothing is lost', async () => {
    const bench = await edge();
    const alice = await client(bench);
    await alice.allocated();
    const bob = await peer();
    alice.send(bob.address, 'hello');
    await until(() => bob.got[0] === framed('hello'));
    await alice.ask(alice.talker.setActive(bob.address));
    const [far] = bob.connections as [Socket];
    far.pause();
    let isWritten = false;
    void (async () => {
      for (let i = 0; i < count; i++) {
        alice.bare(numbered(i));
        if (alice.socket.writableNeedDrain) await once(alice.socket, 'drain');
      }
      isWritten = true;
    })();
    await pause(500);
    expect(isWritten).toBe(false);
    far.resume();
    const length = framed('hello').length + count * (PACKET + 2);
    await until(() => bob.got[0]!.length === length, 20_000);
  });
});
