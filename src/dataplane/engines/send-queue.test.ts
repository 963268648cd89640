import { expect, test } from 'vitest';
import { ipv4, withPort } from '../../wire/index.ts';
import { HEADROOM } from '../engine.ts';
import { PacketBuffers } from './packet-buffers.ts';
import { type SendingSocket, SendQueue } from './send-queue.ts';

const TO = withPort(ipv4(1), 1);

// A kernel buffer can not be filled at will over loopback, so the socket here is one that is told when it is full.
class Bottleneck implements SendingSocket {
  isFull = false;
  readonly passed: Uint8Array[] = [];
  #queued: Uint8Array[] = [];
  fails = false;

  send(
    bytes: Uint8Array,
    offset: number,
    length: number,
    _port: number,
    _host: string,
    done: (e: Error | null) => void,
  ) {
    const view = bytes.subarray(offset, offset + length);
    if (this.fails) done(new Error('EPERM'));
    else if (this.isFull)
      this.#queued.push(view); // kept, not copied, as libuv does
    else this.passed.push(view.slice());
  }

  drain(): void {
    this.isFull = false;
    this.passed.push(...this.#queued.splice(0).map(view => view.slice()));
  }

  getSendQueueCount(): number {
    return this.#queued.length;
  }

  getSendQueueSize(): number {
    return this.#queued.reduce((sum, view) => sum + view.length, 0);
  }
}

test('datagrams that had to wait leave as they were given, in order', () => {
  const { socket, queue } = scene();
  const lent = new Uint8Array(4);
  socket.isFull = true;
  for (let i = 1; i <= 5; i++) {
    lent.fill(i);
    expect(queue.send(lent, 1, 4, TO, 'host')).toBe('sent');
  }
  lent.fill(0);
  socket.drain();
  lent.fill(9);
  queue.send(lent, 0, 1, TO, 'host');
  expect(socket.passed.map(bytes => [...bytes])).toEqual([[1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4], [5, 5, 5], [9]]);
});

test('an arriving datagram that had to wait is not overwritten by the next one', () => {
  const { socket, queue, buffers } = scene();
  const first = buffers.arrive(Uint8Array.of(1, 1));
  socket.isFull = true;
  queue.send(first, HEADROOM, HEADROOM + 2, TO, 'host');
  const second = buffers.arrive(Uint8Array.of(2, 2));
  queue.send(second, HEADROOM, HEADROOM + 2, TO, 'host');
  buffers.arrive(Uint8Array.of(3, 3));
  socket.drain();
  expect(socket.passed.map(bytes => [...bytes])).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test('an arriving datagram is sent in place', () => {
  const { buffers, socket, queue } = scene();
  const bytes = buffers.arrive(Uint8Array.of(1, 1));
  expect(buffers.isOurs(bytes)).toBe(true);
  queue.send(bytes, HEADROOM, HEADROOM + 2, TO, 'host');
  expect(buffers.arrive(Uint8Array.of(2))).toBe(bytes);
  expect(socket.passed).toHaveLength(1);
});

test('no more than the limit waits, and sending goes on once there is room', () => {
  const { socket, queue } = scene();
  const bytes = new Uint8Array(40);
  socket.isFull = true;
  expect([1, 2, 3, 4].map(() => queue.send(bytes, 0, 40, TO, 'host'))).toEqual([
    'sent',
    'sent',
    'send-queue-full',
    'send-queue-full',
  ]);
  socket.drain();
  expect(queue.send(bytes, 0, 40, TO, 'host')).toBe('sent');
  expect(socket.passed).toHaveLength(3);
});

test('a send that the kernel refuses is reported', () => {
  const { socket, queue, errors } = scene();
  socket.fails = true;
  queue.send(new Uint8Array(1), 0, 1, TO, 'host');
  expect(errors()).toBe(1);
});

function scene() {
  let errors = 0;
  const socket = new Bottleneck();
  const buffers = new PacketBuffers();
  const queue = new SendQueue(socket, buffers, 100, () => {
    errors++;
  });
  return { socket, queue, buffers, errors: () => errors };
}
