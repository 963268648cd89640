import type { Duplex } from 'node:stream';
import type { ConnectionEnd } from '../../control/index.ts';
import type { Client, Engine, StreamSink } from '../../dataplane/index.ts';
import {
  type ClientAddress,
  type FrameReader,
  greetingOf,
  parseIp,
  type TransportAddress,
  withPort,
} from '../../wire/index.ts';
import type { Carrier } from './carrier.ts';
import { GatheredFrames } from './gathered-frames.ts';
import { framed, MS_FRAMING, STANDARD_FRAMING, type StreamFraming } from './stream-framing.ts';
import { WaitingFrames } from './waiting-frames.ts';

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
/** Bytes that need not wait for more. */
const WORTH_A_WRITE = 64 * 1024;
/** With so much behind it, a TLS record need not leave at once. */
const WORTH_HOLDING = 4096;

/**
 * One TCP or TLS client after the first bytes told which it is: frames in, frames out, deadlines.
 *
 * What one turn of the event loop brings goes out in one write. On TLS every message has a record of its own: there are clients that read
 * one record as one message. Where node speaks TLS, each is written by itself for that, the next one only when the socket took the last;
 * records that follow each other share packets all the same: Nagle's algorithm is on while more are to come.
 */
export class StreamConnection implements StreamSink {
  readonly #socket: Carrier;
  readonly #engine: Engine;
  readonly #limits: StreamLimits;
  readonly #events: StreamConnectionEvents;
  #framing: StreamFraming | undefined;
  #reader: FrameReader | undefined;
  /** The first bytes, while they do not tell the framing. */
  #first: Buffer = Buffer.alloc(0);
  /** What leaves at the end of this turn, on TCP and while the socket takes all that it is given. */
  readonly #gathered = new GatheredFrames();
  readonly #waiting = new WaitingFrames();
  #deadline: NodeJS.Timeout | undefined;
  #awaited: StreamEnd | undefined;
  #ended = false;
  #isWriteDue = false;
  #isSurrendered = false;
  /** Whether frames can be written together. */
  readonly #takesMany: boolean;
  /** Peers on TCP that are not read while the client reads slowly. */
  readonly #onDrained: (() => void)[] = [];
  /** Who reads too slowly for the client to be read. */
  readonly #holders = new Set<object>();
  readonly client: Client;

  /** Without a framing, the first bytes tell it: inside TLS nothing has been looked at before. */
  constructor(
    socket: Carrier,
    transport: 'tcp' | 'tls',
    framing: StreamFraming | undefined,
    engine: Engine,
    limits: StreamLimits,
    events: StreamConnectionEvents,
  ) {
    this.#socket = socket;
    this.#engine = engine;
    this.#limits = limits;
    this.#events = events;
    this.#takesMany = transport === 'tcp' || socket.writeRecords !== undefined;
    if (framing !== undefined) this.#speak(framing);
    this.client = engine.openStream(transport, remoteOf(socket), localOf(socket), this);
    socket.setNoDelay(true);
    if (socket.lendTo === undefined) socket.on('data', this.#onData);
    else socket.lendTo(this.#onData);
    socket.on('end', this.#onFin);
    socket.on('error', () => this.end('socket-error'));
    socket.on('close', () => this.end('client-closed'));
    this.#expect('no-first-message', limits.firstMessageMillis);
  }

  /** It has an allocation: it may stay, and send frames of any size. */
  onAllocated(): void {
    clearTimeout(this.#deadline);
    this.#awaited = undefined;
    if (this.#reader !== undefined) this.#reader.limit = this.#framing!.longest;
  }

  /** Its allocation ended: it may make another one soon, or go. One that never came about gains no time. */
  onAllocationEnded(): void {
    if (this.#ended || this.#isSurrendered || this.#awaited !== undefined) return;
    if (this.#reader !== undefined) this.#reader.limit = STRANGER_FRAME;
    this.#expect('no-allocation', this.#limits.allocationMillis);
  }

  /**
   * Answers have as much room again as data: a client on a stream does not ask twice (RFC 8489 §6.2.2), so that an answer that is
   * dropped because peers flood the client would cost it its allocation.
   */
  frame(bytes: Uint8Array, start: number, end: number, bare: boolean): boolean {
    const framing = this.#framing;
    if (this.#ended || framing === undefined) return false;
    // The answer that another worker had to be asked for.
    if (this.#isSurrendered) return this.#socket.write(framed(framing, bytes, start, end, bare)) || true;
    const isAnswer = framing.isAnswer(bytes, start, bare);
    const room = isAnswer ? 2 * this.#limits.buffer : this.#limits.buffer;
    if (this.#unread > room) this.#write();
    if (this.#unread > room) return false;
    const length = framing.lengthOf(bytes, start, end);
    if (this.#canGather(length)) framing.frameInto(this.#gathered.take(length), bytes, start, end, bare);
    else this.#waiting.push(framed(framing, bytes, start, end, bare), isAnswer);
    if (this.#waiting.bytes >= WORTH_A_WRITE) this.#write();
    else if (!this.#isWriteDue) this.#writeSoon();
    return true;
  }

  #canGather(length: number): boolean {
    if (!this.#takesMany) return false;
    if (!this.#gathered.hasRoomFor(length)) this.#write();
    return this.#waiting.isEmpty && this.#socket.writableLength === 0 && this.#gathered.hasRoomFor(length);
  }

  whenDrained(then: () => void): boolean {
    if (this.#ended || this.#unread < this.#limits.buffer / 2) return false;
    this.#onDrained.push(then);
    return true;
  }

  hold(holder: object): (() => void) | undefined {
    if (this.#ended || this.#holders.has(holder)) return undefined;
    this.#holders.add(holder);
    this.#socket.pause();
    return () => {
      this.#holders.delete(holder);
      this.#readOn();
    };
  }

  /**
   * Gives the socket away, from within the frame that asked for it: it carries no frames any more. What has been read beyond that frame
   * is put back, what waits to be written is written. It counts as this client's connection until it closes.
   */
  surrender(): Duplex | undefined {
    if (this.#ended || this.#isSurrendered) return undefined;
    this.#isSurrendered = true;
    clearTimeout(this.#deadline);
    const socket = this.#socket;
    socket.pause();
    socket.off('data', this.#onData).off('end', this.#onFin);
    socket.lendTo?.(undefined);
    this.#writeGathered();
    while (!this.#waiting.isEmpty) socket.write(this.#waiting.shift()!);
    const rest = this.#reader?.handOver();
    if (rest !== undefined && rest.length > 0) socket.unshift(rest);
    return socket;
  }

  end(why: StreamEnd): void {
    if (this.#ended) return;
    this.#write(); // what it was answered in this turn
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#reader?.stop();
    this.#waiting.clear();
    for (const then of this.#onDrained.splice(0)) then();
    this.#socket.destroy();
    this.#events.onEnd(this, why);
  }

  #speak(framing: StreamFraming): void {
    this.#framing = framing;
    this.#reader = framing.reader(STRANGER_FRAME);
  }

  readonly #onData = (chunk: Uint8Array): void => {
    if (this.#reader === undefined) this.#greet(chunk);
    else this.#read(this.#reader, chunk);
  };

  readonly #onFin = (): void => this.end('client-closed');

  /** Of a chunk that is lent a copy is kept. */
  #greet(chunk: Uint8Array): void {
    const first = Buffer.concat([this.#first, chunk]);
    const greeting = greetingOf(first, first.length);
    this.#first = first;
    if (greeting === 'more') return;
    if (greeting !== 'stun' && greeting !== 'ms-turn') {
      this.end('bad-frame');
      return;
    }
    this.#speak(greeting === 'stun' ? STANDARD_FRAMING : MS_FRAMING);
    this.#first = Buffer.alloc(0);
    this.#read(this.#reader!, first);
  }

  #read(reader: FrameReader, chunk: Uint8Array): void {
    const verdict = reader.push(chunk, this.#onFrame);
    if (verdict === 'stopped') return;
    if (verdict !== 'ok') this.end('bad-frame');
    else if (this.#waiting.answerBytes > ANSWERS_UNREAD) this.#pauseUnlessRead();
  }

  /** It does not read our answers: we do not read its questions. What peers send it must not keep us from reading. */
  #pauseUnlessRead(): void {
    this.#write();
    if (this.#waiting.answerBytes > ANSWERS_UNREAD) this.#socket.pause();
  }

  readonly #onFrame = (bytes: Uint8Array, start: number, end: number): void => {
    if (this.#awaited === 'no-first-message') {
      this.#events.onFirstMessage();
      this.#expect('no-allocation', this.#limits.allocationMillis);
    }
    const isAllocated = this.#awaited === undefined;
    const isRight = this.#framing!.deliver(this.#engine, this.client.id, isAllocated, bytes, start, end);
    if (!isRight) this.end('bad-frame');
  };

  get #unread(): number {
    return this.#gathered.length + this.#waiting.bytes + this.#socket.writableLength;
  }

  /** At the end of what node is at: no timer ever delays a message. */
  #writeSoon(): void {
    this.#isWriteDue = true;
    queueMicrotask(this.#write);
  }

  readonly #write = (): void => {
    this.#isWriteDue = false;
    this.#writeGathered();
    while (!this.#waiting.isEmpty && this.#socket.writableLength === 0) {
      const ends: number[] = [];
      const next = this.#takesMany ? this.#waiting.shiftMany(WORTH_A_WRITE, ends)! : this.#waiting.shift()!;
      if (this.#waiting.bytes >= WORTH_HOLDING) this.#socket.setNoDelay(false);
      this.#put(next, ends);
    }
    if (this.#waiting.isEmpty) this.#socket.setNoDelay(true); // what the kernel holds back leaves now; otherwise nothing is done
  };

  #writeGathered(): void {
    this.#gathered.flush((bytes, ends) => this.#put(bytes, ends));
  }

  /** Whether the memory is free again: what the socket has not passed on at once, it holds on to. */
  #put(bytes: Buffer, ends: readonly number[]): boolean {
    const socket = this.#socket;
    if (socket.writeRecords === undefined) socket.write(bytes, this.#onWritten);
    else socket.writeRecords(bytes, ends, this.#onWritten);
    return socket.writableLength === 0;
  }

  readonly #onWritten = (): void => {
    if (this.#isSurrendered) return;
    if (!this.#isWriteDue) this.#write();
    if (this.#waiting.isEmpty) for (const then of this.#onDrained.splice(0)) then();
    this.#readOn();
  };

  #readOn(): void {
    if (this.#ended || this.#isSurrendered || this.#holders.size > 0) return;
    if (this.#waiting.answerBytes === 0 && this.#socket.isPaused()) this.#socket.resume();
  }

  /** Ends the connection unless something better happens first. */
  #expect(why: StreamEnd, millis: number): void {
    this.#awaited = why;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.end(why), millis);
  }
}

export function remoteOf(socket: Carrier): ClientAddress {
  return addressOf(socket.remoteAddress, socket.remotePort) as ClientAddress;
}

function localOf(socket: Carrier): TransportAddress {
  return addressOf(socket.localAddress, socket.localPort);
}

/** A connection reset before it was accepted has no addresses any more: it is given the zero address and ends at once. */
function addressOf(ip: string | undefined, port: number | undefined): TransportAddress {
  return withPort(parseIp((ip ?? '::').replace(/%.*$/, '')) ?? parseIp('::')!, port ?? 0);
}
