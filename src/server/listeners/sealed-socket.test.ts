import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeAll, beforeEach, expect, type Mock, test, vi } from 'vitest';
import { certificateFor } from '../../../test/testkit/certificates.ts';
import { openTcp, openTls, pause, until } from '../../../test/testkit/stream-bytes.ts';
import { loadNative, type Native, TlsContext } from '../../native/index.ts';
import { SealedSocket } from './sealed-socket.ts';

let context: TlsContext;
let server: Server;
let port: number;
/** The server's sides, in the order they came, and what each sits on. */
let accepted: { readonly socket: SealedSocket; readonly raw: Socket; readonly opened: Mock }[];
const clients: Socket[] = [];

beforeAll(async () => {
  const pem = await certificateFor('edge.example.test');
  context = new TlsContext(loadNative() as Native, { ...pem, protocols: ['stun.turn'] });
});

beforeEach(async () => {
  accepted = [];
  server = createServer({ noDelay: true, pauseOnConnect: true }, raw => {
    const socket = new SealedSocket(raw, context);
    socket.on('error', () => {});
    const opened = vi.fn();
    socket.on('secure', opened);
    accepted.push({ socket, raw, opened });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  for (const { socket } of accepted) socket.destroy();
  await new Promise(resolve => server.close(resolve));
});

/** A client that has a session; `wire` is its TCP socket, `raw` the server's. */
async function connected() {
  const wire = await openTcp(port);
  const client = await openTls(port, { socket: wire });
  clients.push(client);
  const own = accepted.at(-1)!;
  await until(() => own.opened.mock.calls.length > 0); // of TLS 1.3 the client has its part sooner
  return { client, wire, ...own };
}

function collected(socket: SealedSocket | TLSSocket): Buffer[] {
  const chunks: Buffer[] = [];
  socket.on('data', chunk => chunks.push(chunk));
  return chunks;
}

test('megabytes go both ways at once, in order', async () => {
  const { client, socket } = await connected();
  const bytes = Buffer.alloc(3_000_000);
  for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32BE(i, i);
  const [up, down] = [collected(socket), collected(client)];
  client.write(bytes);
  socket.write(bytes);
  const length = (chunks: Buffer[]) => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  await until(() => length(up) === bytes.length && length(down) === bytes.length, 20_000);
  expect(Buffer.concat(up).equals(bytes)).toBe(true);
  expect(Buffer.concat(down).equals(bytes)).toBe(true);
});

test('says once that it is open, and what comes with the handshake is not lost', async () => {
  const { client, socket, opened } = await connected();
  client.write('first');
  await until(() => socket.readableLength === 5);
  expect(String(socket.read())).toBe('first');
  expect(opened).toHaveBeenCalledTimes(1);
});

test('many records leave in one write, and their memory is free at once', async () => {
  const { client, socket, raw } = await connected();
  const down = collected(client);
  await until(() => raw.writableLength === 0);
  const write = vi.spyOn(raw, 'write');
  const bytes = Buffer.from('onetwothree');
  socket.writeRecords(bytes, [3, 6, 11], () => {});
  bytes.fill(0);
  await until(() => down.length === 3);
  expect(down.map(String)).toEqual(['one', 'two', 'three']);
  expect(write).toHaveBeenCalledTimes(1);
  socket.write('four'); // is one record again
  await until(() => down.length === 4);
});

test('what a client does not read waits, is counted and comes later', async () => {
  const { client, socket } = await connected();
  client.pause();
  const piece = Buffer.alloc(50_000, 9);
  let sent = 0;
  for (; socket.writableLength === 0 && sent < 1_000; sent++) socket.write(piece);
  expect(socket.writableLength).toBe(piece.length);
  const drained = vi.fn();
  socket.write('and on', drained);
  await pause(50);
  expect(drained).not.toHaveBeenCalled();
  let got = 0;
  client.on('data', chunk => (got += chunk.length)).resume();
  await until(() => got === sent * piece.length + 6, 10_000);
  await until(() => drained.mock.calls.length === 1);
});

test('what is not read is not taken from the network', async () => {
  const { client, socket } = await connected();
  const piece = Buffer.alloc(100_000, 9);
  let sent = 0;
  for (; client.writableLength < 1_000_000 && sent < 1_000; sent++) {
    client.write(piece);
    await pause(1);
  }
  await until(() => socket.readableLength >= socket.readableHighWaterMark);
  expect(socket.readableLength).toBeLessThan(socket.readableHighWaterMark + 200_000);
  let got = 0;
  socket.on('data', chunk => (got += chunk.length));
  await until(() => got === sent * piece.length, 10_000);
});

test('what comes can be lent instead of copied, unless the socket is paused', async () => {
  const { client, socket } = await connected();
  const lent: string[] = [];
  socket.lendTo(bytes => lent.push(String(Buffer.from(bytes))));
  socket.resume();
  client.write('one');
  await until(() => lent.length === 1);
  socket.resume().pause(); // in one turn
  client.write('two');
  await pause(50);
  expect(lent).toEqual(['one']);
  socket.resume();
  await until(() => lent.length === 2);
  const data = collected(socket);
  socket.lendTo(undefined);
  client.write('three');
  await until(() => data.length === 1);
  expect([...lent, ...data.map(String)]).toEqual(['one', 'two', 'three']);
  const ended = once(socket, 'end');
  client.end();
  await ended;
});

test('each side learns that the other one ended', async () => {
  const first = await connected();
  first.client.end();
  await once(first.socket.resume(), 'end');
  await until(() => first.socket.closed && first.raw.destroyed);

  const second = await connected();
  const ended = once(second.client.resume(), 'end'); // close_notify, not a cut
  second.socket.destroy();
  await ended;
  await until(() => second.raw.destroyed);
});

test('what was written before the end arrives', async () => {
  const { client, socket } = await connected();
  const down = collected(client);
  socket.end('the last words');
  await once(client, 'end');
  expect(String(Buffer.concat(down))).toBe('the last words');
});

test.each([false, true])(
  'the end of one side is that of both, unless half open is allowed: %j',
  async allowHalfOpen => {
    const { client, socket, raw } = await connected();
    socket.allowHalfOpen = allowHalfOpen;
    const down = collected(client);
    client.allowHalfOpen = true;
    const ended = once(client, 'end');
    client.end('that is all');
    await once(socket.resume(), 'end');
    await pause(20);
    expect(socket.writable).toBe(allowHalfOpen);
    if (allowHalfOpen) socket.end(Buffer.alloc(2_000_000, 1));
    await ended;
    expect(Buffer.concat(down)).toHaveLength(allowHalfOpen ? 2_000_000 : 0);
    await until(() => raw.destroyed);
  },
);

test('a cut shows as an end, a reset as an error', async () => {
  const first = await connected();
  first.wire.end();
  await once(first.socket.resume(), 'end');

  const second = await connected();
  const failed = once(second.socket, 'error');
  second.wire.resetAndDestroy();
  expect(String(await failed)).toMatch(/ECONNRESET/);
});

test('what is no TLS is an error, and the connection goes', async () => {
  const client = await openTcp(port);
  clients.push(client);
  client.write(Buffer.from([0x16, 3, 1, 0, 4, 9, 9, 9, 9]));
  await once(client.resume(), 'close');
  expect(accepted[0]!.socket.errored).toBeInstanceOf(Error);
  expect(accepted[0]!.raw.destroyed).toBe(true);
});

test('nothing can be written before it is open', async () => {
  clients.push(await openTcp(port));
  await until(() => accepted.length === 1);
  const { socket } = accepted[0]!;
  const refused = vi.fn();
  socket.write('too early', refused);
  await until(() => refused.mock.calls.length === 1);
  expect(refused.mock.calls[0]![0]).toBeInstanceOf(Error);
});
