import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { errno, type Libc, loadNative, MMSGHDR, type Native, openUdp } from '../../../native/index.ts';
import { ipv4, type TransportAddress, withPort } from '../../../wire/index.ts';
import { BatchSocket } from './batch-socket.ts';
import { PacketMemory } from './packet-memory.ts';
import { SendBatch } from './send-batch.ts';

const HERE = ipv4(0x7f000001);
const native = loadNative() as Native;

let host: Socket;
let to: TransportAddress;
let arrived: number[];
const open: number[] = [];

beforeEach(async () => {
  host = createSocket('udp4');
  arrived = [];
  host.on('message', bytes => arrived.push(bytes[0]!));
  host.bind(0, '127.0.0.1');
  await once(host, 'listening');
  to = withPort(HERE, host.address().port);
});
afterEach(() => {
  host.close();
  for (const fd of open.splice(0)) native.libc.close(fd);
});

test('equal datagrams go as one message, and on a kernel that knows no runs as many', async () => {
  for (const [makesRuns, messages] of [
    [true, 1],
    [false, 8],
  ] as const) {
    const { sends, socket, calls } = made({}, makesRuns);
    send(sends, socket, 8);
    await arrivals(8);
    expect(calls).toEqual([{ count: messages }]);
    arrived.length = 0;
  }
});

test('a way out that takes no runs (EIO: its driver makes no checksums) is given single datagrams, now and from then on', async () => {
  const { sends, socket, drops, calls } = made({ runs: errno.EIO });
  send(sends, socket, 8);
  await arrivals(8);
  expect(arrived).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(socket.largestInRun).toBe(0);
  calls.length = 0;
  send(sends, socket, 8);
  await arrivals(16);
  expect([calls, drops]).toEqual([[{ count: 8 }], []]);
});

test.each([
  ['EMSGSIZE', errno.EMSGSIZE],
  ['EINVAL', errno.EINVAL],
])('where runs of this size are refused (%s), smaller datagrams still go as one', async (_, code) => {
  const { sends, socket, calls } = made({ runs: code, longest: 50 });
  send(sends, socket, 8, 100);
  await arrivals(8);
  calls.length = 0;
  send(sends, socket, 8, 40);
  await arrivals(16);
  expect([calls, socket.largestInRun]).toEqual([[{ count: 1 }], 99]);
});

test.each([
  ['ENOBUFS', errno.ENOBUFS],
  ['EAGAIN', errno.EAGAIN],
])('%s: what is left is dropped and counted, and the kernel is not asked again', (_, code) => {
  const { sends, socket, drops, calls } = made({ all: code });
  send(sends, socket, 8);
  expect([drops, calls.length]).toEqual([Array.from({ length: 8 }, () => 'send-queue-full'), 1]);
  drops.length = 0;
  send(sends, socket, 1);
  expect([drops, calls.length]).toEqual([['send-queue-full'], 2]);
});

interface Refusals {
  /** The error that runs of more than `longest` bytes each are refused with. */
  readonly runs?: number;
  readonly longest?: number;
  readonly all?: number;
}

/** A batch on a real socket, by a libc that refuses as other kernels and drivers would. */
function made({ runs, longest = 0, all }: Refusals, makesRuns = true) {
  const { libc } = native;
  const calls: { count: number }[] = [];
  const drops: string[] = [];
  let refusal: number | undefined;
  const memory = new PacketMemory(native);
  const isRun = (message: number) =>
    memory.words[(message - memory.arena.pointer(0) + MMSGHDR.controlLength) / 4]! > 0 && size > longest;
  const answer = (count: number, error: number | undefined, call: () => number) => {
    calls.push({ count });
    refusal = error;
    return error === undefined ? call() : -1;
  };
  const refusing: Libc = {
    ...libc,
    sendmmsg: (fd, messages, count, flags) =>
      answer(count, all ?? (isRun(messages) ? runs : undefined), () => libc.sendmmsg(fd, messages, count, flags)),
    sendto: (...args) => answer(1, all, () => libc.sendto(...args)),
    errno: () => refusal ?? libc.errno(),
  };
  const sends = new SendBatch({ ...native, libc: refusing }, memory, reason => drops.push(reason));
  const fd = openUdp(libc, withPort(HERE, 0), { family: 4, reusePort: false });
  open.push(fd);
  return { sends, socket: new BatchSocket(fd, 4, true, 0, 1, makesRuns), drops, calls };
}

let size = 0;

function send(sends: SendBatch, socket: BatchSocket, count: number, length = 100): void {
  size = length;
  for (let i = 0; i < count; i++) sends.add(socket, to, new Uint8Array(length).fill(i), 0, length);
  sends.flush();
}

async function arrivals(count: number): Promise<void> {
  for (let i = 0; i < 200 && arrived.length < count; i++) await new Promise(resolve => setTimeout(resolve, 5));
  expect(arrived).toHaveLength(count);
}
