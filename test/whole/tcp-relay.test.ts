import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ATTRIBUTES, METHODS, parseIp, type TransportAddress, withPort } from '../../src/wire/index.ts';
import { EdgeBench, type EdgeDifferences } from '../testkit/edge-bench.ts';
import { until } from '../testkit/stream-bytes.ts';
import { type Bound, connectionIdOf, type Dial, plain, secure, TcpRelayClient } from '../testkit/tcp-relay-client.ts';
import { overUdp, TurnTestClient } from '../testkit/turn-client.ts';
import { TurnTalker } from '../testkit/turn-talker.ts';

const LOOPBACK = parseIp('127.0.0.1')!;
const NOWHERE = withPort(LOOPBACK, 9);

/** Ends what a test has opened, last first. */
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function edge(differences: EdgeDifferences = {}): Promise<EdgeBench> {
  const bench = await EdgeBench.start(differences);
  ends.push(() => bench.close());
  return bench;
}

async function client(dial: Dial, user: 'alice' | 'bob' = 'alice'): Promise<TcpRelayClient> {
  const password = user === 'alice' ? 'wonderland' : 'builder';
  const opened = await TcpRelayClient.over(dial, { username: user, password });
  ends.push(() => opened.close());
  return opened;
}

interface Peer {
  readonly address: TransportAddress;
  readonly server: Server;
  readonly connections: Socket[];
}

async function peer(onConnection: (socket: Socket) => void = () => {}): Promise<Peer> {
  const connections: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    socket.on('error', () => {});
    connections.push(socket);
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  return { server, connections, address: withPort(LOOPBACK, (server.address() as { port: number }).port) };
}

/** A peer's own connection to a relay. */
function caller(to: TransportAddress, from = '127.0.0.1'): Socket {
  const socket = connect({ host: '127.0.0.1', port: to.port, localAddress: from, allowHalfOpen: true });
  socket.on('error', () => {});
  ends.push(() => socket.destroy());
  return socket;
}

async function said(socket: Socket, length: number): Promise<string> {
  let bytes = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  };
  socket.on('data', onData).resume();
  await until(() => bytes.length >= length);
  socket.off('data', onData);
  return bytes.toString();
}

const WAYS = [
  ['dgram', 'plain', plain],
  ['mmsg', 'plain', plain],
  ['dgram', 'TLS', secure],
  ['mmsg', 'TLS', secure],
] as const;

describe.each(WAYS)('on the engine %s over %s connections', (engine, _, dialling) => {
  const start = async (more: EdgeDifferences = {}) => {
    const bench = await edge({ engines: [engine], ...more });
    return { bench, dial: dialling(bench.tcp) };
  };

  test('a client reaches a peer, who sees the relayed address, and each hears the other', async () => {
    const { bench, dial } = await start();
    const echo = await peer(socket => socket.pipe(socket));
    const alice = await client(dial);
    const relayed = await alice.relayed();
    const data = await alice.to(echo.address);
    data.write('hello');
    expect(await said(data, 5)).toBe('hello');
    expect(echo.connections.map(({ remotePort }) => remotePort)).toEqual([relayed.port]);
    expect((await alice.refresh(0)).isSuccess).toBe(true);
    await until(() => data.destroyed || data.readableEnded);
    const [line] = bench.logged('allocation ended');
    expect(line).toMatchObject({ bytesToPeers: 5, bytesToClient: 5, datagramsToPeers: 0, reason: 'refreshed-to-zero' });
  });

  test('a permitted peer that comes is told of, and what it said before the ConnectionBind is not lost', async () => {
    const { dial } = await start();
    const alice = await client(dial);
    const relayed = await alice.relayed();
    await alice.permit(NOWHERE);
    const bob = caller(relayed);
    bob.write('early');
    await until(() => alice.attempts.length === 1);
    const [{ id, peer: from }] = alice.attempts as [{ id: number; peer: TransportAddress }];
    expect(from).toEqual(withPort(LOOPBACK, bob.localPort!));
    const { reply, socket } = await alice.bind(id, undefined, Buffer.from('and back'));
    expect(reply.summary).toBe('success');
    expect(await said(socket, 5)).toBe('early');
    expect(await said(bob, 8)).toBe('and back');
  });

  test('the end of one direction leaves the other open', async () => {
    const { dial } = await start();
    const late = await peer(socket => {
      socket.resume();
      socket.on('end', () => setTimeout(() => socket.end('after your end'), 50));
    });
    const alice = await client(dial);
    await alice.relayed();
    const data = await alice.to(late.address);
    data.end('that is all');
    expect(await said(data, 14)).toBe('after your end');
    await until(() => data.closed);
  });

  test('with its control connection go its connections with peers, bound or not, and the listening port', async () => {
    const { dial } = await start();
    const quiet = await peer();
    const alice = await client(dial);
    const relayed = await alice.relayed();
    await alice.to(quiet.address);
    await alice.permit(NOWHERE);
    const waiting = caller(relayed);
    await until(() => alice.attempts.length === 1);
    await alice.close();
    await until(() => waiting.closed || waiting.readableEnded || waiting.destroyed);
    quiet.connections[0]!.resume();
    await until(() => quiet.connections[0]!.readableEnded || quiet.connections[0]!.destroyed);
    const refused = caller(relayed);
    await until(() => refused.destroyed);
  });
});

describe('is refused', () => {
  test('a TCP relay over UDP, or with what datagrams alone have', async () => {
    const bench = await edge();
    const alice = await client(plain(bench.tcp));
    const datagrams = new TurnTestClient(await overUdp(bench.udp));
    ends.push(() => datagrams.close());
    const asked = await datagrams.request(METHODS.Allocate, w => w.raw(ATTRIBUTES.RequestedTransport, [6, 0, 0, 0]));
    expect(asked.code).toBe(400);
    expect((await alice.allocate(w => w.evenPort(false))).code).toBe(400);
    expect((await alice.allocate(w => w.raw(ATTRIBUTES.DontFragment, []))).code).toBe(400);
    expect((await alice.allocate(w => w.raw(ATTRIBUTES.ReservationToken, new Uint8Array(8)))).code).toBe(400);
    expect((await alice.allocate()).isSuccess).toBe(true);
  });

  test('a second connection with the same peer (446), one nobody answers (447), a denied peer (403), one too many (508)', async () => {
    const bench = await edge({ limits: { connectionsPerAllocation: 2 } });
    const quiet = await peer();
    const other = await peer();
    const third = await peer();
    const alice = await client(plain(bench.tcp));
    await alice.relayed();
    await alice.to(quiet.address);
    expect((await alice.connect(quiet.address)).code).toBe(446);
    expect((await alice.connect(NOWHERE)).code).toBe(447);
    expect((await alice.connect(withPort(parseIp('10.0.0.1')!, 80))).code).toBe(403);
    expect((await alice.connect(withPort(LOOPBACK, bench.tcp))).code).toBe(403);
    expect((await alice.connect(withPort(parseIp('::1')!, 80))).code).toBe(443);
    expect((await alice.connect(other.address)).isSuccess).toBe(true);
    expect((await alice.connect(third.address)).code).toBe(508);
    quiet.connections[0]!.resetAndDestroy();
    await until(async () => (await alice.connect(third.address)).isSuccess);
  });

  test('a Connect of a client whose relay is of datagrams', async () => {
    const bench = await edge();
    const alice = await client(plain(bench.tcp));
    await alice.request(METHODS.Allocate, w => w.raw(ATTRIBUTES.RequestedTransport, [17, 0, 0, 0]));
    expect((await alice.connect(NOWHERE)).code).toBe(437);
  });

  test('a ConnectionBind that names nothing, is another user’s, comes twice, or is said by a client with an allocation', async () => {
    const bench = await edge();
    const quiet = await peer();
    const alice = await client(plain(bench.tcp));
    await alice.relayed();
    const id = connectionIdOf(await alice.connect(quiet.address));
    const code = async (bound: Promise<Bound>) => (await bound).reply.code;
    expect(await code(alice.bind((id ^ 1) >>> 0))).toBe(400);
    expect(await code(alice.bind(id, { username: 'bob', password: 'builder' }))).toBe(441);
    expect((await alice.request(METHODS.ConnectionBind, w => w.uint32(ATTRIBUTES.ConnectionId, id))).code).toBe(400);
    expect(await code(alice.bind(id))).toBeUndefined();
    expect(await code(alice.bind(id))).toBe(400);
  });

  test('ChannelBind (403) and Send (silence) on a TCP relay', async () => {
    const bench = await edge();
    const quiet = await peer();
    const alice = await client(plain(bench.tcp));
    await alice.relayed();
    await alice.permit(quiet.address);
    const channel = await alice.request(METHODS.ChannelBind, w =>
      w.uint16(ATTRIBUTES.ChannelNumber, 0x4000).xorAddress(ATTRIBUTES.XorPeerAddress, quiet.address),
    );
    expect(channel.code).toBe(403);
    alice.say(new TurnTalker({ username: 'alice', password: '' }).indication(quiet.address, Buffer.from('lost')));
    await until(async () => (await bench.metric('sallyport_refusals_total{reason="send-on-tcp-relay"}')) === 1);
    expect(quiet.connections).toEqual([]);
  });

  test('a peer without a permission: its connection is closed at once and the client hears nothing', async () => {
    const bench = await edge();
    const alice = await client(plain(bench.tcp));
    const relayed = await alice.relayed();
    await alice.permit(NOWHERE);
    const stranger = caller(relayed, '127.0.0.2');
    await until(() => stranger.destroyed);
    expect(await bench.metric('sallyport_refusals_total{reason="peer-without-permission"}')).toBe(1);
    expect(alice.attempts).toEqual([]);
  });
});

const MEGABYTE = 1024 * 1024;

test.each([
  ['plain', plain],
  ['TLS', secure],
] as const)(
  'a hundred megabytes over %s connections arrive as they were sent, both ways at once',
  async (_, dialling) => {
    const bench = await edge();
    const block = randomBytes(MEGABYTE);
    const wanted = digestOf(block, 100);
    const atPeer = createHash('sha256');
    const far = await peer(socket => {
      socket.on('data', chunk => atPeer.update(chunk));
      void pour(socket, block, 100);
    });
    const alice = await client(dialling(bench.tcp));
    await alice.relayed();
    const data = await alice.to(far.address);
    const atClient = createHash('sha256');
    data.on('data', chunk => atClient.update(chunk)).resume();
    await Promise.all([pour(data, block, 100), once(data, 'end'), once(far.connections[0]!, 'end')]);
    expect(atClient.digest('hex')).toBe(wanted);
    expect(atPeer.digest('hex')).toBe(wanted);
  },
);

test('a peer that does not read stops the client, and little of what was said is held', async () => {
  const bench = await edge();
  const deaf = await peer(socket => socket.pause());
  const alice = await client(plain(bench.tcp));
  await alice.relayed();
  const data = await alice.to(deaf.address);
  const block = randomBytes(MEGABYTE);
  const before = process.memoryUsage().rss;
  let written = 0;
  while (data.write(block) || data.writableLength < 2 * MEGABYTE) {
    written += MEGABYTE;
    if (written > 200 * MEGABYTE) throw new Error('nothing ever stops it');
    await new Promise(resolve => setTimeout(resolve, 1));
  }
  await new Promise(resolve => setTimeout(resolve, 300));
  // The kernel's buffers, three sockets' on loopback, and ours.
  expect(data.bytesWritten).toBeLessThan(40 * MEGABYTE);
  expect(process.memoryUsage().rss - before).toBeLessThan(48 * MEGABYTE);
});

async function pour(socket: Socket, block: Buffer, times: number): Promise<void> {
  for (let i = 0; i < times; i++) if (!socket.write(block)) await once(socket, 'drain');
  socket.end();
}

function digestOf(block: Buffer, times: number): string {
  const hash = createHash('sha256');
  for (let i = 0; i < times; i++) hash.update(block);
  return hash.digest('hex');
}
