import type { TransportAddress } from '../../wire/index.ts';
import type { Sent } from '../packet-sockets.ts';
import type { PacketBuffers } from './packet-buffers.ts';

/** What a node:dgram socket offers for sending. */
export interface SendingSocket {
  send(bytes: Uint8Array, offset: number, length: number, port: number, host: string, done: Done): void;
  getSendQueueCount(): number;
  getSendQueueSize(): number;
}
type Done = (error: Error | null) => void;

/**
 * One socket's way out. A send is tried at once (the socket's `lookup` is synchronous); when the kernel's buffer is full libuv queues
 * it, and what comes after is copied and queued as well, up to a limit of bytes.
 */
export class SendQueue {
  readonly #socket: SendingSocket;
  readonly #buffers: PacketBuffers;
  readonly #mostBytes: number;
  readonly #done: Done;
  #isQueueing = false;

  constructor(socket: SendingSocket, buffers: PacketBuffers, mostBytes: number, onError: () => void) {
    this.#socket = socket;
    this.#buffers = buffers;
    this.#mostBytes = mostBytes;
    this.#done = error => {
      if (error !== null) onError();
    };
  }

  send(bytes: Uint8Array, start: number, end: number, to: TransportAddress, host: string): Sent {
    if (this.#isQueueing) return this.#append(bytes, start, end, to, host);
    const isOurs = this.#buffers.isOurs(bytes);
    const out = isOurs ? bytes : this.#buffers.copy(bytes, start, end);
    this.#socket.send(out, isOurs ? start : 0, end - start, to.port, host, this.#done);
    this.#isQueueing = this.#socket.getSendQueueCount() > 0;
    if (this.#isQueueing) this.#buffers.giveAway(out);
    return 'sent';
  }

  #append(bytes: Uint8Array, start: number, end: number, to: TransportAddress, host: string): Sent {
    if (this.#socket.getSendQueueSize() + end - start > this.#mostBytes) return 'send-queue-full';
    this.#socket.send(bytes.slice(start, end), 0, end - start, to.port, host, this.#done);
    this.#isQueueing = this.#socket.getSendQueueCount() > 0;
    return 'sent';
  }
}
