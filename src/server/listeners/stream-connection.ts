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
import { isAnswer, WaitingFrames } from './waiting-frames.ts';

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

export interface StreamConnectionEvents {
  /** It has sent a whole frame, so it is no half-open connection any more. */
  onFirstMessage(): void;
  onEnd(connection: StreamConnection, why: StreamEnd): void;
}

/** A stranger's messages are small; nobody gets a large buffer before an allocation. */
const STRANGER_FRAME = 2048;
/** A client that lets this much of its answers wait has asked enough: it is not read until it has read them. */
const ANSWERS_UNREAD = 8192;

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
  readonly #events: StreamConnectionEvents;
  readonly #reader = new FrameReader(STRANGER_FRAME);
  readonly #waiting = new WaitingFrames();
  #deadline: NodeJS.Timeout | undefined;
  #awaited: StreamEnd | undefined;
  #ended = false;
  readonly client: Client;

  constructor(
    socket: Socket,
    transport: 'tcp' | 'tls',
    engine: Engine,
    limits: StreamLimits,
    events: StreamConnectionEvents,
  ) {
    this.#socket = socket;
    this.#engine = engine;
    this.#limits = limits;
    this.#events = events;
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

  /** Its allocation ended: it may make another one soon, or go. One that never came about gains no time. */
  onAllocationEnded(): void {
    if (this.#ended || this.#awaited !== undefined) return;
    this.#reader.limit = STRANGER_FRAME;
    this.#expect('no-allocation', this.#limits.allocationMillis);
  }

  /**
   * Answers have as much room again as data: a client on a stream does not ask twice (RFC 8489 §6.2.2), so that an answer that is
   * dropped because peers flood the client would cost it its allocation.
   */
  frame(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#ended) return false;
    const room = isAnswer(bytes[start]!) ? 2 * this.#limits.buffer : this.#limits.buffer;
    if (this.#waiting.bytes + this.#socket.writableLength > room) return false;
    const message = framed(bytes, start, end);
    if (this.#waiting.isEmpty && this.#socket.writableLength === 0) this.#write(message);
    else this.#waiting.push(message);
    return true;
  }

  end(why: StreamEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#reader.stop();
    this.#waiting.clear();
    this.#socket.destroy();
    this.#events.onEnd(this, why);
  }

  #onData(chunk: Buffer): void {
    const verdict = this.#reader.push(chunk, this.#onFrame);
    if (verdict === 'stopped') return;
    if (verdict !== 'ok') this.end('bad-frame');
    // It does not read our answers: we do not read its questions. What peers send it must not keep us from reading.
    else if (this.#waiting.answerBytes > ANSWERS_UNREAD) this.#socket.pause();
  }

  readonly #onFrame = (bytes: Uint8Array, start: number, end: number): void => {
    if (this.#awaited === 'no-first-message') {
      this.#events.onFirstMessage();
      this.#expect('no-allocation', this.#limits.allocationMillis);
    }
    this.#engine.fromStream(this.client.id, bytes, start, end);
  };

  #write(message: Buffer): void {
    this.#socket.write(message, this.#onWritten);
  }

  readonly #onWritten = (): void => {
    while (!this.#waiting.isEmpty && this.#socket.writableLength === 0) this.#write(this.#waiting.shift()!);
    if (this.#waiting.answerBytes === 0 && this.#socket.isPaused()) this.#socket.resume();
  };

  /** Ends the connection unless something better happens first. */
  #expect(why: StreamEnd, millis: number): void {
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
