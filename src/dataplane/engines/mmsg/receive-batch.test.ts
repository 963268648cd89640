import { afterEach, beforeEach, expect, test } from 'vitest';
import { boundTo, loadNative, type Native, openUdp } from '../../../native/index.ts';
import { ipv4, type TransportAddress, withPort } from '../../../wire/index.ts';
import type { Forwarder } from '../../forwarder.ts';
import { BatchSocket } from './batch-socket.ts';
import { PacketMemory } from './packet-memory.ts';
import { ReceiveBatch } from './receive-batch.ts';
import { SendBatch } from './send-batch.ts';

const HERE = ipv4(0x7f000001);
const native = loadNative() as Native;
const memory = new PacketMemory(native);
const sends = new SendBatch(native, memory, () => {});
const receives = new ReceiveBatch(native, memory, sends);

let fd: number;
let at: TransportAddress;
let sender: BatchSocket;

beforeEach(() => {
  fd = openUdp(native.libc, withPort(HERE, 0), { family: 4, reusePort: false });
  at = withPort(HERE, boundTo(native.libc, fd).port);
  sender = new BatchSocket(
    openUdp(native.libc, withPort(HERE, 0), { family: 4, reusePort: false }),
    4,
    false,
    0,
    1,
    false,
  );
});
afterEach(() => {
  native.libc.close(fd);
  native.libc.close(sender.fd);
});

test('a relay that had trains is asked for a whole one again, also after one that came in pieces', () => {
  const relay = new BatchSocket(fd, 4, true, 0, 8, false);
  for (const pieces of [[7], [3, 4], [1, 6], [7]])
    expect(pieces.map(length => received(relay, length))).toEqual(pieces);
  expect(relay.want).toBe(8);
});

test('a relay that has trains no more is asked for less and less', () => {
  const relay = new BatchSocket(fd, 4, true, 0, 8, false);
  for (let i = 0; i < 31; i++) received(relay, 1);
  expect(relay.want).toBe(8);
  received(relay, 1);
  expect(relay.want).toBe(4);
  for (let i = 0; i < 64; i++) received(relay, 1);
  expect(relay.want).toBe(1);
  expect(received(relay, 1)).toBe(1);
});

test('a listener is asked for as many as ever', () => {
  const listener = new BatchSocket(fd, 4, false, 0, 64, false);
  for (let i = 0; i < 100; i++) received(listener, 1);
  expect(listener.want).toBe(64);
});

/** Sends so many datagrams to the socket, reads it once and returns how many that brought. */
function received(socket: BatchSocket, count: number): number {
  for (let i = 0; i < count; i++) sends.add(sender, at, new Uint8Array(10), 0, 10);
  sends.flush();
  let handed = 0;
  const onOne = () => handed++;
  const forwarder = { datagramFromPeer: onOne, datagramFromClient: onOne } as unknown as Forwarder;
  const read = receives.read(socket, forwarder);
  receives.flush();
  expect(handed).toBe(read);
  return read;
}
