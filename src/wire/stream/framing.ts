import { HEADER_LENGTH, MAGIC_COOKIE } from '../stun/registry.ts';
import { CHANNEL_HEADER, isChannelByte } from '../turn/channel-data.ts';
import { paddedLength, readUint16At, readWord } from '../words.ts';
import { type FrameShape, UNTOLD } from './frame-shape.ts';

export type FramingError =
  | 'not-stun-or-channel-data' // the stream is out of step, or speaks something else
  | 'length-not-a-multiple-of-4'
  | 'unknown-frame-type' // the same of the Microsoft dialect
  | 'frame-too-long'; // longer than `limit`

/** A whole frame, without padding: a STUN or ChannelData message, or whatever the reader's shape says. The bytes are borrowed until the call returns. */
export type OnFrame = (bytes: Uint8Array, start: number, end: number) => void;

/** The longest frame there can be: a STUN message whose length field is 0xfffc. */
export const LONGEST_FRAME = HEADER_LENGTH + 0xfffc;

/** Enough to tell how long a frame is: for STUN up to the magic cookie, so that other protocols are known at once. */
const STUN_PROLOGUE = 8;
const SMALLEST_CARRY = 64;

/** STUN and ChannelData messages on a stream (RFC 8489 §6.2.2, RFC 8656 §12.5). */
export const STUN_FRAMES: FrameShape<'not-stun-or-channel-data' | 'length-not-a-multiple-of-4'> = {
  prologue: firstByte => (isChannelByte(firstByte) ? CHANNEL_HEADER : STUN_PROLOGUE),
  measure(b, at, end) {
    const isChannelData = isChannelByte(b[at]!);
    if (!isChannelData && b[at]! > 0x3f) return 'not-stun-or-channel-data'; // RFC 8489 §5
    if (end - at < this.prologue(b[at]!)) return UNTOLD;
    const said = readUint16At(b, at + 2);
    if (isChannelData) return said + CHANNEL_HEADER;
    if (readWord(b, at + 4) !== MAGIC_COOKIE) return 'not-stun-or-channel-data';
    return (said & 3) === 0 ? said + HEADER_LENGTH : 'length-not-a-multiple-of-4';
  },
  padded: paddedLength,
};

/**
 * Takes frames out of a byte stream, however it is split.
 * Frames that lie whole inside a chunk are handed out where they lie. What is carried over grows with the bytes received, never with
 * the length promised, stays below `limit` plus padding, and is given back with the frame: an idle reader holds nothing.
 */
export class FrameReader {
  /** The longest frame taken, without padding. May be changed at any time, also by `onFrame`. */
  limit: number;
  readonly #shape: FrameShape<FramingError>;
  #carry = EMPTY;
  #held = 0;
  /** What is being read, and where the frame after the one handed out begins. */
  #chunk: Uint8Array = EMPTY;
  #next = 0;
  #ended: 'stopped' | FramingError | undefined;

  constructor(limit: number, shape: FrameShape<FramingError> = STUN_FRAMES) {
    this.limit = limit;
    this.#shape = shape;
  }

  /** Bytes carried over until the rest of their frame arrives. */
  get held(): number {
    return this.#held;
  }

  /** Memory held for that, to be counted. */
  get capacity(): number {
    return this.#carry.length;
  }

  /** Hands out every frame that is complete now. After anything but `ok` the reader is done for, and says the same again. */
  push(chunk: Uint8Array, onFrame: OnFrame): 'ok' | 'stopped' | FramingError {
    this.#chunk = chunk;
    this.#next = 0;
    let at = this.#held > 0 ? this.#completeCarried(chunk, onFrame) : 0;
    while (at < chunk.length) {
      const length = this.#lengthAt(chunk, at, chunk.length);
      if (this.#ended !== undefined) break;
      const next = at + this.#shape.padded(length);
      if (length === UNTOLD || next > chunk.length) {
        this.#hold(chunk, at, chunk.length);
        break;
      }
      this.#next = next;
      onFrame(chunk, at, at + length);
      at = next;
    }
    this.#chunk = EMPTY;
    this.#next = 0;
    return this.#ended ?? 'ok';
  }

  /** The stream goes on without frames, from within `onFrame` or between two chunks: what has come behind the last frame is given back. */
  handOver(): Uint8Array {
    const rest = this.#held > 0 ? this.#carry.slice(0, this.#held) : this.#chunk.slice(this.#next);
    this.stop();
    return rest;
  }

  /** No more frames are handed out, not even those of the chunk being read. For a connection that is closed inside `onFrame`. */
  stop(): void {
    this.#end('stopped');
  }

  /** Completes the frame whose beginning is held, if the chunk suffices. Returns how much of the chunk was taken. */
  #completeCarried(chunk: Uint8Array, onFrame: OnFrame): number {
    let at = 0;
    for (;;) {
      const length = this.#lengthAt(this.#carry, 0, this.#held);
      if (this.#ended !== undefined) break;
      const wanted = length === UNTOLD ? this.#shape.prologue(this.#carry[0]!) : this.#shape.padded(length);
      if (this.#held === wanted) {
        const frame = this.#carry;
        this.#release();
        this.#next = at;
        onFrame(frame, 0, length);
        break;
      }
      if (at === chunk.length) break;
      const until = Math.min(chunk.length, at + wanted - this.#held);
      this.#hold(chunk, at, until);
      at = until;
    }
    return at;
  }

  /** Length of the frame at b[at, end) without padding, or UNTOLD while too little of it is there. Ends the reader when it is no frame. */
  #lengthAt(b: Uint8Array, at: number, end: number): number {
    const length = this.#shape.measure(b, at, end);
    if (typeof length === 'string') return this.#end(length);
    return length > this.limit ? this.#end('frame-too-long') : length;
  }

  #hold(chunk: Uint8Array, from: number, until: number): void {
    const needed = this.#held + until - from;
    if (needed > this.#carry.length) {
      const grown = new Uint8Array(Math.max(needed, Math.min(2 * this.#carry.length, this.limit + 3), SMALLEST_CARRY));
      grown.set(this.#carry.subarray(0, this.#held));
      this.#carry = grown;
    }
    this.#carry.set(chunk.subarray(from, until), this.#held);
    this.#held = needed;
  }

  #release(): void {
    this.#carry = EMPTY;
    this.#held = 0;
  }

  #end(why: 'stopped' | FramingError): typeof UNTOLD {
    this.#ended ??= why;
    this.#release();
    return UNTOLD;
  }
}

const EMPTY = new Uint8Array(0);
