import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EdgeBench, type EdgeDifferences } from '../../../test/testkit/edge-bench.ts';
import { bindingRequest, channelData, EdgeClient } from '../../../test/testkit/edge-client.ts';
import { closing, openTcp, openTls, pause, readUntil, until } from '../../../test/testkit/stream-bytes.ts';
import { TcpProxy } from '../../../test/testkit/tcp-proxy.ts';

/** Long enough for a busy machine to do something in time, short enough to wait for. */
const DEADLINES = { helloMillis: 400, firstMessageMillis: 350, allocationMillis: 300 };

let bench: EdgeBench;
const clients: EdgeClient[] = [];
const opened: Socket[] = [];

async function start(differences: EdgeDifferences = {}): Promise<void> {
  bench = await EdgeBench.start({ options: { streamDeadlines: DEADLINES }, ...differences });
}

async function tcp(): Promise<Socket> {
  const socket = await openTcp(bench.tcp);
  opened.push(socket);
  return socket;
}

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  for (const client of clients.splice(0)) client.close();
  await bench.close();
});

function isWholeAnswer(all: Buffer): boolean {
  return all.length >= 20 && all.length >= 20 + all.readUInt16BE(2);
}

describe.each(['mmsg', 'dgram'] as const)('plain STUN and TLS on one port of the engine %s', engine => {
  beforeEach(() => start({ engines: [engine], options: {} }));

  test('are told apart by the first byte', async () => {
    const plain = await EdgeClient.tcp(bench.tcp);
    const secure = await EdgeClient.tls(bench.tcp);
    clients.push(plain, secure);
    expect((await plain.binding()).isSuccess).toBe(true);
    expect((await secure.binding()).isSuccess).toBe(true);
    expect(await bench.metric('sallyport_connections{transport="tcp"}')).toBe(1);
    expect(await bench.metric('sallyport_connections{transport="tls"}')).toBe(1);
  });

  test('work one byte at a time, the ClientHello too, as long as it is done in time', async () => {
    const plain = await tcp();
    for (const byte of bindingRequest()) plain.write(Uint8Array.of(byte));
    expect((await readUntil(plain, isWholeAnswer)).readUInt16BE(0)).toBe(0x0101);

    const proxy = await TcpProxy.before(bench.tcp, 'single bytes');
    const secure = await EdgeClient.tls(proxy.port);
    clients.push(secure);
    expect((await secure.binding()).isSuccess).toBe(true);
    await proxy.close();
  });

  test('the whole request may come with the first bytes, and so may several', async () => {
    const socket = await tcp();
    socket.write(Buffer.concat([bindingRequest(), bindingRequest(), bindingRequest()]));
    await readUntil(socket, all => all.length === 3 * 32);
  });
});

describe.each(['mmsg', 'dgram'] as const)('bytes of other protocols, engine %s', engine => {
  beforeEach(() => start({ engines: [engine], options: {} }));

  test.each<[string, Uint8Array, string]>([
    ['an HTTP GET', Buffer.from('GET / HTTP/1.1\r\nHost: edge\r\n\r\n'), 'unknown-protocol'],
    [
      'an HTTP POST with a body',
      Buffer.from('POST /admin HTTP/1.1\r\nContent-Length: 999999999\r\n\r\nx'),
      'unknown-protocol',
    ],
    ['an SSH banner', Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'), 'unknown-protocol'],
    ['RTP framed by RFC 4571 is not ours, bare RTP neither', Uint8Array.of(0x80, 0, 0, 1), 'unknown-protocol'],
    ['ChannelData before anything else', channelData(0x4000, Buffer.from('hello')), 'unknown-protocol'],
    ['SOCKS 5', Uint8Array.of(5, 1, 0), 'unknown-protocol'],
    ['a NUL-filled flood', new Uint8Array(4096), 'bad-frame'],
    ['STUN without the magic cookie (RFC 3489)', Uint8Array.from([0, 1, 0, 0, ...new Uint8Array(16)]), 'bad-frame'],
    [
      'a TLS record that is none',
      Uint8Array.from([0x16, 9, 9, 9, 9, ...new Uint8Array(64).fill(0xee)]),
      'tls-handshake',
    ],
    [
      'a TLS record full of noise',
      Uint8Array.from([0x16, 3, 1, 0, 64, ...new Uint8Array(64).fill(0xee)]),
      'tls-handshake',
    ],
  ])('%s ends the connection at once and is counted', async (_, bytes, reason) => {
    const socket = await tcp();
    socket.write(bytes);
    await closing(socket); // sooner than any deadline of a real edge
    expect(socket.bytesRead).toBeLessThanOrEqual(7); // nothing comes back but a TLS alert
    await until(async () => (await bench.ended(reason)) === 1);
    expect(await bench.metric('sallyport_connections{transport="tcp"}')).toBe(0);
  });

  test('whatever they are, leave nothing behind and the port open', async () => {
    for (let i = 0; i < 60; i++) {
      const socket = await tcp();
      const bytes = randomBytes(1 + ((i * 7) % 200));
      bytes[0]! |= 0x80; // below that it may be the beginning of something, which is waited for until a deadline
      socket.write(bytes);
      if (i % 3 === 0) socket.end();
    }
    await Promise.all(opened.map(socket => closing(socket)));
    const client = await EdgeClient.tcp(bench.tcp);
    clients.push(client);
    expect((await client.binding()).isSuccess).toBe(true);
  });

  test('after good messages, garbage ends the connection', async () => {
    const client = await EdgeClient.tcp(bench.tcp);
    await client.binding();
    client.socket.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    await closing(client.socket);
    await until(async () => (await bench.ended('bad-frame')) === 1);
  });
});

describe.each(['mmsg', 'dgram'] as const)('a slow client of the engine %s', engine => {
  beforeEach(() => start({ engines: [engine] }));

  test.each<[string, (socket: Socket) => void, string, number]>([
    ['that says nothing', () => {}, 'hello-timeout', DEADLINES.helloMillis],
    [
      'that stops inside its ClientHello',
      s => void s.write(clientHello().subarray(0, 40)),
      'hello-timeout',
      DEADLINES.helloMillis,
    ],
    [
      'that sends its ClientHello a byte now and then',
      s => drip(s, clientHello()),
      'hello-timeout',
      DEADLINES.helloMillis,
    ],
    [
      'that stops inside a STUN header',
      s => void s.write(bindingRequest().subarray(0, 7)),
      'no-first-message',
      DEADLINES.firstMessageMillis,
    ],
    [
      'that sends a STUN message a byte now and then',
      s => drip(s, bindingRequest(400)),
      'no-first-message',
      DEADLINES.firstMessageMillis,
    ],
    [
      'that asks for its address and stays',
      s => void s.write(bindingRequest()),
      'no-allocation',
      DEADLINES.allocationMillis,
    ],
    [
      'that asks for its address for ever',
      s => drip(s, bindingRequest(), 20),
      'no-allocation',
      DEADLINES.allocationMillis,
    ],
  ])('%s is closed by its deadline', async (_, talk, reason, deadline) => {
    const socket = await tcp();
    talk(socket);
    const took = await closing(socket);
    expect(took).toBeGreaterThan(deadline - 100);
    expect(took).toBeLessThan(deadline + 1_500);
    await until(async () => (await bench.ended(reason)) === 1);
  });

  test('that ends its handshake and then says nothing is closed as well', async () => {
    const socket = await openTls(bench.tcp);
    await closing(socket);
    await until(async () => (await bench.ended('no-first-message')) === 1);
  });

  test('with an allocation may be silent, and has its time again when that has ended', async () => {
    const client = await EdgeClient.tcp(bench.tcp);
    clients.push(client);
    await client.allocate();
    await pause(DEADLINES.allocationMillis + 300);
    expect((await client.refresh(0)).isSuccess).toBe(true);
    expect(await closing(client.socket)).toBeGreaterThan(DEADLINES.allocationMillis - 100);
    expect(await bench.ended('no-allocation')).toBe(1);
  });

  test('who is refused an allocation gains no time', async () => {
    const client = await EdgeClient.tcp(bench.tcp, { username: 'alice', password: 'wrong' });
    clients.push(client);
    expect((await client.tryAllocate()).code).toBe(401);
    expect(await closing(client.socket)).toBeLessThan(DEADLINES.allocationMillis + 1_500);
  });

  test('who goes early is counted as that', async () => {
    const socket = await tcp();
    socket.destroy();
    await until(async () => (await bench.ended('gone-early')) === 1);
  });
});

describe('how many', () => {
  test('connections there may be in all', async () => {
    await start({ limits: { connections: 2 } });
    await tcp();
    await tcp();
    await closing(await tcp());
    expect(await bench.ended('total-connections')).toBe(1);
    opened[0]!.destroy();
    await until(async () => (await bench.ended('gone-early')) === 1);
    clients.push(await EdgeClient.tcp(bench.tcp));
    expect((await clients[0]!.binding()).isSuccess).toBe(true);
  });

  test('connections one network may have', async () => {
    await start({ limits: { connectionsPerPrefix: 1 } });
    const first = await EdgeClient.tls(bench.tcp);
    await first.binding();
    await closing(await tcp());
    expect(await bench.ended('prefix-connections')).toBe(1);
    first.close();
    await until(async () => (await bench.metric('sallyport_connections{transport="tls"}')) === 0);
    clients.push(await EdgeClient.tcp(bench.tcp));
    expect((await clients[0]!.binding()).isSuccess).toBe(true);
  });

  test('connections of one network may not have sent a message yet, TLS handshakes among them', async () => {
    await start({ limits: { handshakesPerPrefix: 2 } });
    const silent = await tcp();
    const handshaken = await openTls(bench.tcp);
    opened.push(handshaken);
    await until(async () => (await bench.metric('sallyport_connections{transport="tls"}')) === 1);
    await closing(await tcp());
    expect(await bench.ended('prefix-handshakes')).toBe(1);
    handshaken.write(bindingRequest());
    await readUntil(handshaken, isWholeAnswer);
    (await tcp()).write(bindingRequest());
    await readUntil(opened.at(-1)!, isWholeAnswer);
    expect(silent.closed).toBe(false);
    expect(await bench.ended('prefix-handshakes')).toBe(1);
  });
});

/** A ClientHello as a real client sends it: its record's header promises more than most tests send. */
function clientHello(): Buffer {
  return Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, ...new Uint8Array(60).fill(7)]);
}

function drip(socket: Socket, bytes: Uint8Array, chunk = 1): void {
  let at = 0;
  const timer = setInterval(() => {
    socket.write(bytes.subarray(at, at + chunk));
    at = (at + chunk) % bytes.length;
  }, 40);
  socket.once('close', () => clearInterval(timer));
}
