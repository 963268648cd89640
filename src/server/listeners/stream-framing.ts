import type { Engine } from '../../dataplane/index.ts';
import {
  type ClientId,
  FrameReader,
  isChannelByte,
  isMsTurn,
  LONGEST_FRAME,
  LONGEST_MS_FRAME,
  MS_FRAME_HEADER,
  MS_FRAMES,
  MS_TYPES,
  msFrameKind,
  writeMsFrameHeader,
} from '../../wire/index.ts';

/** How the frames of a stream client look, both ways. A connection has one framing from its first bytes to its end. */
export interface StreamFraming {
  readonly longest: number;
  reader(limit: number): FrameReader;
  /** Hands a frame of the client to the engine; false when no client of this framing sends such a frame. */
  deliver(engine: Engine, from: ClientId, isAllocated: boolean, bytes: Uint8Array, start: number, end: number): boolean;
  /** How long the frame of bytes[start, end) is. */
  lengthOf(bytes: Uint8Array, start: number, end: number): number;
  /** Writes the frame into memory of that length. */
  frameInto(into: Uint8Array, bytes: Uint8Array, start: number, end: number, bare: boolean): void;
  /** Whether this is an answer to the client's own request: not what a peer sent. */
  isAnswer(bytes: Uint8Array, start: number, bare: boolean): boolean;
}

/** STUN and ChannelData one after the other, ChannelData padded to a multiple of four (RFC 8656 §12.5). */
export const STANDARD_FRAMING: StreamFraming = {
  longest: LONGEST_FRAME,
  reader: limit => new FrameReader(limit),
  deliver(engine, from, _isAllocated, bytes, start, end) {
    // An answer to the Microsoft dialect would need the other framing.
    if (isMsTurn(bytes, start, end)) return false;
    engine.fromStream(from, bytes, start, end);
    return true;
  },
  lengthOf(bytes, start, end) {
    const length = end - start;
    return isChannelByte(bytes[start]!) ? (length + 3) & ~3 : length;
  },
  frameInto(into, bytes, start, end) {
    into.set(bytes.subarray(start, end));
    for (let at = end - start; at < into.length; at++) into[at] = 0;
  },
  /** A response (RFC 8489 §5): neither ChannelData nor an indication. */
  isAnswer: (bytes, start) => (bytes[start]! & 0xc1) === 1,
};

/** Type and length in front of each message, and of what travels bare (MS-TURN §2.1). */
export const MS_FRAMING: StreamFraming = {
  longest: LONGEST_MS_FRAME,
  reader: limit => new FrameReader(limit, MS_FRAMES),
  deliver(engine, from, isAllocated, bytes, start, end) {
    const kind = msFrameKind(bytes, start, end);
    if (kind === 'not-ms-turn' || (kind === 'bare' && !isAllocated)) return false;
    engine.fromStream(from, bytes, start + MS_FRAME_HEADER, end, kind === 'bare');
    return true;
  },
  lengthOf: (_, start, end) => MS_FRAME_HEADER + end - start,
  frameInto(into, bytes, start, end, bare) {
    writeMsFrameHeader(into, 0, end - start, bare);
    into.set(bytes.subarray(start, end), MS_FRAME_HEADER);
  },
  isAnswer: (bytes, start, bare) => !bare && ((bytes[start]! << 8) | bytes[start + 1]!) !== MS_TYPES.DataIndication,
};

/** A frame in memory of its own. */
export function framed(framing: StreamFraming, bytes: Uint8Array, start: number, end: number, bare: boolean): Buffer {
  const frame = Buffer.allocUnsafe(framing.lengthOf(bytes, start, end));
  framing.frameInto(frame, bytes, start, end, bare);
  return frame;
}
