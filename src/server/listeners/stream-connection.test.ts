import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { EdgeBench, type EdgeDifferences } from '../../../test/testkit/edge-bench.ts';
import { bindingRequest, EdgeClient } from '../../../test/testkit/edge-client.ts';
import { bufferMemory, closing, openTls, pause, readUntil, until } from '../../../test/testkit/stream-bytes.ts';
import { TcpProxy } from '../../../test/testkit/tcp-proxy.ts';
import { parseIp, type TransportAddress, withPort } from '../../wire/index.ts';

const CHANNEL = 0x4000;
const APPLICATION_DATA = 23;

let bench: EdgeBench;
const undo: (() => unknown)[] = [];

async function start(differences: EdgeDifferences = {}): Promise<void> {
  bench = await EdgeBench.start(differences);
}

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  await bench.close();
});

async function stream(transport: 'tcp' | 'tls', port = bench.tcp): Promise<EdgeClient> {
  const client = await EdgeClient[transport](port);
  undo.push(() => client.close());
  return client;
}

/** A peer on loopback: where it is, and what it does with a relay. */
async function aPeer(): Promise<{ socket: UdpSocket; address: TransportAddress; got: Buffer[] }> {
  const socket = createSocket('udp4');
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
  const got: Buffer[] = [];
  socket.on('message', bytes => got.push(bytes));
  undo.push(() => socket.close());
  return { socket, address: withPort(parseIp('127.0.0.1')!, socket.address().port), got };
}

/** A client with an allocation and a channel to a peer, and how the peer sends to it. */
async function call(client: EdgeClient) {
  const peer = await aPeer();
  const relayed = await client.allocate();
  expect((await client.bindChannel(CHANNEL, peer.address)).isSuccess).toBe(true);
  const port = Number(relayed.split(':').at(-1));
  return { peer, relayed, send: (bytes: Uint8Array) => peer.socket.send(bytes, port, '127.0.0.1') };
}

const SPOKEN_BY = [
  ['OpenSSL', 'mmsg'],
  ['node', 'dgram'],
] as const;

describe.each([
  ['TCP', 'tcp', 'mmsg'],
  ['TLS by OpenSSL', 'tls', 'mmsg'],
  ['TLS by node', 'tls', 'dgram'],
] as const)('over %s', (_, transport, engine) => {
  test('data goes both ways, by indication and by channel', async () => {
    await start({ engines: [engine] });
    const client = await stream(transport);
    const { peer, send } = await call(client);
    client.sendOn(CHANNEL, Buffer.from('one'));
    client.sendTo(peer.address, Buffer.from('three'));
    await until(() => peer.got.length === 2);
    expect(peer.got.map(String)).toEqual(['one', 'three']);
    send(Buffer.from('back'));
    expect((await client.received(1)).map(String)).toEqual(['back']);
  });

  test('a stranger may send frames of 2 KB, a client with an allocation the longest there are', async () => {
    await start({ engines: [engine] });
    const client = await stream(transport);
    client.socket.write(bindingRequest(2048));
    await until(() => client.replies.length === 1);
    const { peer } = await call(client);
    client.sendOn(CHANNEL, new Uint8Array(60_000).fill(5));
    client.socket.write(bindingRequest(65_552)); // the longest STUN message
    await until(() => peer.got.length === 1);
    expect(peer.got[0]).toHaveLength(60_000);
    expect((await client.binding()).isSuccess).toBe(true);
  });

  test('a frame above the limit of a stranger ends the connection', async () => {
    await start({ engines: [engine] });
    const client = await stream(transport);
    client.socket.write(bindingRequest(2052).subarray(0, 24));
    await closing(client.socket);
    await until(async () => (await bench.ended('bad-frame')) === 1);
  });

  test('when the allocation has ended, the limit of strangers is back', async () => {
    await start({ engines: [engine] });
    const client = await stream(transport);
    await call(client);
    await client.refresh(0);
    client.socket.write(bindingRequest(2052));
    await closing(client.socket);
    await until(async () => (await bench.ended('bad-frame')) === 1);
  });

  test('an allocation that failed does not make an acquaintance of a stranger', async () => {
    await start({ engines: [engine], relayPorts: '1501-1501', external: { address: ['127.0.0.1', '127.0.0.2'] } });
    const first = await stream(transport);
    await first.allocate();
    const second = await stream(transport);
    expect((await second.tryAllocate()).code).toBe(508);
    second.socket.write(bindingRequest(2052));
    await closing(second.socket);
    await until(async () => (await bench.ended('bad-frame')) === 1);
  });
});

test('on TLS by node, records that follow each other may share packets, and the last one leaves at once', async () => {
  await start({ engines: ['dgram'] });
  const client = await stream('tls');
  const { send } = await call(client);
  const holding = vi.spyOn(Socket.prototype, 'setNoDelay');
  undo.push(() => holding.mockRestore());
  send(Buffer.from('one'));
  await client.received(1);
  expect(holding).not.toHaveBeenCalledWith(false);
  for (let i = 0; i < 40; i++) send(Buffer.alloc(1_000, i));
  await client.received(41);
  expect(holding).toHaveBeenCalledWith(false);
  expect(holding).toHaveBeenLastCalledWith(true);
});

test('each message is a record of its own when the client has not read for a while', async () => {
  await start({ engines: ['dgram'] });
  const proxy = await TcpProxy.before(bench.tcp);
  undo.push(() => proxy.close());
  const client = await stream('tls', proxy.port);
  const { send } = await call(client);
  const before = applicationRecords(proxy);
  proxy.stall();
  // More than the system's own buffers take, so that messages wait in the edge.
  await flood(send, 8_000, 1_200, async () => (await bench.dropped('stream-slow')) > 0);
  proxy.flow();
  await until(() => client.data.length > 100);
  await quiet(client);
  expect(applicationRecords(proxy) - before).toBe(client.data.length);
  expect(new Set(client.data.map(payload => payload.length))).toEqual(new Set([1_200]));
});

test('ChannelData is padded with zeros on streams, whatever lay in the memory before', async () => {
  await start();
  const client = await stream('tcp');
  const { send } = await call(client);
  const raw = readUntil(client.socket, all => all.length >= 5 * 64 + 8);
  for (let i = 0; i < 5; i++) send(new Uint8Array(57).fill(0xff));
  send(new Uint8Array(1).fill(0xff));
  const all = await raw;
  for (let i = 0; i < 5; i++) expect([...all.subarray(i * 64 + 61, i * 64 + 64)]).toEqual([0, 0, 0]);
  expect([...all.subarray(5 * 64)]).toEqual([0x40, 0, 0, 1, 0xff, 0, 0, 0]);
});

test.each(['tcp', 'tls'] as const)(
  'on %s, what one turn of the event loop brings leaves in one write',
  async transport => {
    await start();
    const client = await stream(transport);
    await client.binding();
    const writes = vi.spyOn(Socket.prototype, 'write');
    undo.push(() => writes.mockRestore());
    client.socket.write(Buffer.concat(Array.from({ length: 50 }, () => bindingRequest())));
    await until(() => client.replies.length === 51);
    expect(writes).toHaveBeenCalledTimes(2); // the client's and the edge's
  },
);

test('on TCP, what waits only for the end of a turn is not too much', async () => {
  await start({ limits: { streamBuffer: 4096 } });
  const client = await stream('tcp');
  const { send } = await call(client);
  for (let i = 0; i < 40; i++) send(new Uint8Array(1_000).fill(i));
  expect((await client.received(40)).map(payload => payload[0])).toEqual(Array.from({ length: 40 }, (_, i) => i));
});

test('on TCP, answers that wait only for the end of a turn do not keep the client from being read', async () => {
  await start();
  const client = await stream('tcp');
  await client.binding();
  const pauses = vi.spyOn(Socket.prototype, 'pause');
  undo.push(() => pauses.mockRestore());
  client.socket.write(Buffer.concat(Array.from({ length: 200 }, () => bindingRequest())));
  await until(() => client.replies.length === 201);
  expect(pauses).not.toHaveBeenCalled();
});

test('a client is answered what it asked before it went wrong', async () => {
  await start();
  const client = await stream('tcp');
  client.socket.write(Buffer.concat([bindingRequest(), Buffer.alloc(100, 0xff)]));
  await closing(client.socket);
  expect(client.replies).toHaveLength(1);
});

test('a closed stream takes its allocation and its relay with it', async () => {
  await start();
  const client = await stream('tcp');
  await call(client);
  expect(await bench.metric('sallyport_relay_ports_used')).toBe(1);
  client.socket.end();
  await until(async () => (await bench.metric('sallyport_relay_ports_used')) === 0);
  expect(bench.logged('allocation ended')).toMatchObject([
    { user: 'alice', transport: 'tcp', reason: 'client-closed' },
  ]);
});

describe.each(SPOKEN_BY)('TLS by %s', (_by, engine) => {
  test.each([
    ['TLSv1', 'refused'],
    ['TLSv1.1', 'refused'],
    ['TLSv1.2', 'TLSv1.2'],
    ['TLSv1.3', 'TLSv1.3'],
  ] as const)('a client that speaks %s only: %s', async (version, said) => {
    await start({ engines: [engine] });
    // Security level 0 makes the client willing to try what we refuse.
    const options: ConnectionOptions = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' };
    const outcome = await openTls(bench.tcp, options).then(
      socket => {
        undo.push(() => socket.destroy());
        return socket.getProtocol();
      },
      () => 'refused',
    );
    expect(outcome).toBe(said);
    if (said === 'refused') await until(async () => (await bench.ended('tls-handshake')) === 1);
  });

  test.each<[string, string[] | undefined, string | false]>([
    ['stun.turn', ['stun.turn'], 'stun.turn'],
    ['stun.nat-discovery', ['stun.nat-discovery'], 'stun.nat-discovery'],
    ['one of ours among others', ['h2', 'stun.turn'], 'stun.turn'],
    ['none', undefined, false],
    ['others only', ['h2', 'http/1.1'], 'refused'],
  ])('ALPN of %s', async (_, protocols, said) => {
    await start({ engines: [engine] });
    const options = protocols === undefined ? {} : { ALPNProtocols: protocols };
    const outcome = await openTls(bench.tcp, options).then(
      socket => {
        undo.push(() => socket.destroy());
        return socket.alpnProtocol;
      },
      () => 'refused',
    );
    expect(outcome).toBe(said);
  });

  test('each message is a record of its own, also when many are due at once', async () => {
    await start({ engines: [engine] });
    const proxy = await TcpProxy.before(bench.tcp);
    undo.push(() => proxy.close());
    const client = await stream('tls', proxy.port);
    const { send } = await call(client);
    const before = applicationRecords(proxy);
    for (let i = 0; i < 20; i++) send(Buffer.alloc(100 + i, i));
    client.socket.write(Buffer.concat([bindingRequest(), bindingRequest(), bindingRequest()]));
    await client.received(20);
    await until(() => client.replies.filter(reply => reply.view.method === 1).length === 3);
    expect(applicationRecords(proxy) - before).toBe(23);
  });

  test('a client cannot make the edge renegotiate', async () => {
    await start({ engines: [engine] });
    const socket = connect({ host: '127.0.0.1', port: bench.tcp, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    await new Promise(resolve => socket.once('secureConnect', resolve));
    undo.push(() => socket.destroy());
    const refused = new Promise<Error>(resolve => socket.once('error', resolve));
    socket.renegotiate({}, () => {});
    expect(String(await refused)).toMatch(/no.renegotiation/i);
  });

  test('clients that leave in the middle of a handshake leave nothing', async () => {
    await start({ engines: [engine], limits: { handshakesPerPrefix: 4 } });
    for (let i = 0; i < 12; i++) {
      const socket: TLSSocket = connect({ host: '127.0.0.1', port: bench.tcp, rejectUnauthorized: false });
      socket.on('error', () => {});
      await new Promise(resolve => socket.once('connect', resolve));
      await pause(i % 4);
      socket.destroy();
      await pause(10);
    }
    const client = await stream('tls');
    expect((await client.binding()).isSuccess).toBe(true);
  });
});

describe.each(['tcp', 'tls'] as const)('a client that stops reading on %s', transport => {
  const BUFFER = 64 * 1024;

  test("loses its own datagrams and nobody else's, and is still in step when it reads again", async () => {
    await start({ limits: { streamBuffer: BUFFER } });
    const [slow, other] = [await stream(transport), await stream(transport)];
    const [slowCall, otherCall] = [await call(slow), await call(other)];
    slow.socket.pause();
    await flood(slowCall.send, 12_000, 1_000, async () => (await bench.dropped('stream-slow')) > 200);
    for (let i = 0; i < 200; i++) {
      otherCall.send(Buffer.from(`call ${i}`));
      slowCall.send(new Uint8Array(1_000));
      if (i % 20 === 0) await pause(1);
    }
    expect((await other.received(200)).map(String)).toEqual(Array.from({ length: 200 }, (_, i) => `call ${i}`));
    slow.socket.resume(); // its reader throws when frames are out of step
    expect((await slow.binding()).isSuccess).toBe(true);
    await quiet(slow);
    const before = slow.data.length;
    slowCall.send(Buffer.from('again'));
    expect(String((await slow.received(before + 1)).at(-1))).toBe('again');
  });

  test('costs no more memory than its buffer, however long it is flooded', async () => {
    await start({ limits: { streamBuffer: BUFFER } });
    const slow = await stream(transport);
    const { send } = await call(slow);
    slow.socket.pause();
    await flood(send, 12_000, 1_000, async () => (await bench.dropped('stream-slow')) > 0);
    const held = await bufferMemory();
    for (let i = 0; i < 40; i++) {
      for (let n = 0; n < 100; n++) send(new Uint8Array(1_000));
      await pause(2);
    }
    expect((await bufferMemory()) - held).toBeLessThan(4 * BUFFER); // 4 MB were sent
  });

  test('is still heard, and its answers come although its peers flood it', async () => {
    await start({ limits: { streamBuffer: BUFFER } });
    const slow = await stream(transport);
    const { peer, send } = await call(slow);
    slow.socket.pause();
    await flood(send, 12_000, 1_000, async () => (await bench.dropped('stream-slow')) > 0);
    for (const word of ['still', 'here', 'and', 'there']) {
      slow.sendOn(CHANNEL, Buffer.from(word));
      await until(() => peer.got.some(bytes => String(bytes) === word));
    }
    const refreshed = slow.refresh(600);
    await pause(50);
    slow.socket.resume();
    expect((await refreshed).isSuccess).toBe(true);
  });

  test('and asks on and on is not read any more, until it reads', async () => {
    await start({ limits: { streamBuffer: BUFFER } });
    const asking = await stream(transport);
    await asking.allocate(); // or it would be closed as somebody without one
    asking.socket.pause();
    const many = Buffer.concat(Array.from({ length: 2_000 }, () => bindingRequest()));
    let asked = 0;
    const isStuck = async () => {
      const read = await bench.metric('sallyport_received_datagrams_total');
      await pause(60);
      return asking.socket.writableLength > 0 && read === (await bench.metric('sallyport_received_datagrams_total'));
    };
    for (let i = 0; i < 1_000 && !(asking.socket.writableLength > 0 && (await isStuck())); i++) {
      asking.socket.write(many);
      asked += 2_000;
      await pause(1);
    }
    expect(await isStuck()).toBe(true);
    const held = await bufferMemory();
    let bytes = 0;
    asking.socket.removeAllListeners('data').on('data', chunk => {
      bytes += chunk.length;
    });
    asking.socket.resume();
    await until(
      () => asking.socket.writableLength === 0 && bytes > asked * 32 * 0.9,
      15_000,
      () => `${bytes} bytes`,
    );
    expect(held - (await bufferMemory())).toBeLessThan(8 * BUFFER);
    for (let last = -1; last !== bytes; await pause(100)) last = bytes; // until all has come
    expect(bytes % 32).toBe(0);
    const before = bytes;
    asking.socket.write(bindingRequest());
    await until(() => bytes === before + 32);
  });
});

test('a peer that sends empty datagrams is bounded by what keeping them costs', async () => {
  await start({ limits: { streamBuffer: 64 * 1024 } });
  const slow = await stream('tcp');
  const { send } = await call(slow);
  slow.socket.pause();
  await flood(send, 8_000, 1_000, async () => (await bench.dropped('stream-slow')) > 0);
  const dropped = await bench.dropped('stream-slow');
  for (let n = 0; n < 1_000; n++) {
    send(new Uint8Array(0));
    if (n % 50 === 0) await pause(1);
  }
  await until(async () => (await bench.dropped('stream-slow')) > dropped + 300);
});

function applicationRecords(proxy: TcpProxy): number {
  return proxy.records().filter(({ type }) => type === APPLICATION_DATA).length;
}

/** Sends datagrams until something has happened, no faster than loopback takes them. */
async function flood(
  send: (bytes: Uint8Array) => void,
  most: number,
  length: number,
  until: () => Promise<boolean>,
): Promise<void> {
  for (let sent = 0; sent < most; sent++) {
    send(new Uint8Array(length).fill(sent));
    if (sent % 50 !== 0) continue;
    await pause(1);
    if (sent % 200 === 0 && (await until())) return;
  }
  expect(await until()).toBe(true);
}

/** Waits until no more data comes. */
async function quiet(client: EdgeClient): Promise<void> {
  for (let before = -1; before !== client.data.length; ) {
    before = client.data.length;
    await pause(100);
  }
}
