import type { Socket } from 'node:net';
import type { ConnectionEnd } from '../../control/index.ts';
import type { Client, Engine, StreamSink } from '../../dataplane/index.ts';
import {
  type ClientAddress,
  FrameReader,
  isChannelByte,
  LONGEST_FRAME,
  parseIp,
  type TransportAddress,
  withPort,
} from '../../wire/index.ts';

/** How a connection that was admitted may end. */
export type StreamEnd = Extract<
  ConnectionEnd,
  'client-closed' | 'socket-error' | 'bad-frame' | 'no-first-message' | 'no-allocation' | 'edge-closed'
>;

export interface StreamLimits {
  /** Bytes waiting for a client that reads slowly; beyond it its own datagrams are dropped. */
  readonly buffer: number;
  readonly firstMessageMillis: number;
  readonly allocationMillis: number;
}

/** A stranger's messages are small; nobody gets a large buffer before an allocation. */
const STRANGER_FRAME = 2048;

/**
 * One TCP or TLS client after the first bytes told which it is: frames in, frames out, deadlines.
 *
 * Each message is written by itself and the next one only when the socket took the last, so on TLS every message has a record
 * of its own: there are clients that read one record as one message.
 */
export class StreamConnection implements StreamSink {
  readonly #socket: Socket;
  readonly #engine: Engine;
  readonly #limits: StreamLimits;
  readonly #onEnd: (connection: StreamConnection, why: StreamEnd) => void;
  readonly #reader = new FrameReader(STRANGER_FRAME);
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #deadline: NodeJS.Timeout | undefined;
  #awaited: StreamEnd | undefined;
  #ended = false;
  readonly client: Client;

  constructor(
    socket: Socket,
    transport: 'tcp' | 'tls',
    engine: Engine,
    limits: StreamLimits,
    onEnd: (connection: StreamConnection, why: StreamEnd) => void,
  ) {
    this.#socket = socket;
    this.#engine = engine;
    this.#limits = limits;
    this.#onEnd = onEnd;
    this.client = engine.openStream(transport, remoteOf(socket), localOf(socket), this);
    socket.setNoDelay(true);
    socket.on('data', chunk => this.#onData(chunk));
    socket.on('end', () => this.end('client-closed'));
    socket.on('error', () => this.end('socket-error'));
    socket.on('close', () => this.end('client-closed'));
    this.#expect('no-first-message', limits.firstMessageMillis);
  }

  /** It has an allocation: it may stay, and send frames of any size. */
  onAllocated(): void {
    clearTimeout(this.#deadline);
    this.#awaited = undefined;
    this.#reader.limit = LONGEST_FRAME;
  }

  /** Its allocation ended: it may make another one soon, or go. */
  onAllocationEnded(): void {
    if (this.#ended) return;
    this.#reader.limit = STRANGER_FRAME;
    this.#expect('no-allocation', this.#limits.allocationMillis);
  }

  frame(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#ended || this.#waitingBytes + this.#socket.writableLength > this.#limits.buffer) return false;
    const message = framed(bytes, start, end);
    if (this.#waiting.length === 0 && this.#socket.writableLength === 0) this.#write(message);
    else this.#wait(message);
    return true;
  }

  end(why: StreamEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#reader.stop();
    this.#waiting.length = 0;
    this.#socket.destroy();
    this.#onEnd(this, why);
  }

  #onData(chunk: Buffer): void {
    const verdict = this.#reader.push(chunk, this.#onFrame);
    if (verdict === 'stopped') return;
    if (verdict !== 'ok') this.end('bad-frame');
    else if (this.#waitingBytes > 0) this.#socket.pause(); // it does not read our answers: we do not read its questions
  }

  readonly #onFrame = (bytes: Uint8Array, start: number, end: number): void => {
    if (this.#reader.limit === STRANGER_FRAME) this.#expect('no-allocation', this.#limits.allocationMillis, true);
    this.#engine.fromStream(this.client.id, bytes, start, end);
  };

  #write(message: Buffer): void {
    this.#socket.write(message, this.#onWritten);
  }

  #wait(message: Buffer): void {
    this.#waiting.push(message);
    this.#waitingBytes += message.length;
  }

  readonly #onWritten = (): void => {
    while (this.#waiting.length > 0 && this.#socket.writableLength === 0) {
      const message = this.#waiting.shift()!;
      this.#waitingBytes -= message.length;
      this.#write(message);
    }
    if (this.#waiting.length === 0 && this.#socket.isPaused()) this.#socket.resume();
  };

  /** Ends the connection unless something better happens first. `keep` lets a deadline of the same kind that already runs run on. */
  #expect(why: StreamEnd, millis: number, keep = false): void {
    if (keep && this.#awaited === why) return;
    this.#awaited = why;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.end(why), millis);
  }
}

/** A copy to be written; ChannelData is padded to a multiple of four on streams (RFC 8656 §12.5). */
function framed(bytes: Uint8Array, start: number, end: number): Buffer {
  const length = end - start;
  const padded = isChannelByte(bytes[start]!) ? (length + 3) & ~3 : length;
  const message = Buffer.allocUnsafe(padded);
  message.fill(0, length);
  message.set(bytes.subarray(start, end));
  return message;
}

export function remoteOf(socket: Socket): ClientAddress {
  return addressOf(socket.remoteAddress, socket.remotePort) as ClientAddress;
}

function localOf(socket: Socket): TransportAddress {
  return addressOf(socket.localAddress, socket.localPort);
}

/** A connection reset before it was accepted has no addresses any more: it is given the zero address and ends at once. */
function addressOf(ip: string | undefined, port: number | undefined): TransportAddress {
  return withPort(parseIp((ip ?? '::').replace(/%.*$/, '')) ?? parseIp('::')!, port ?? 0);
}
