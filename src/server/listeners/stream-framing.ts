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
  /** A frame to be written: a copy. */
  framed(bytes: Uint8Array, start: number, end: number, bare: boolean): Buffer;
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
  framed(bytes, start, end) {
    const length = end - start;
    const padded = isChannelByte(bytes[start]!) ? (length + 3) & ~3 : length;
    const frame = Buffer.allocUnsafe(padded);
    frame.fill(0, length);
    frame.set(bytes.subarray(start, end));
    return frame;
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
  framed(bytes, start, end, bare) {
    const frame = Buffer.allocUnsafe(MS_FRAME_HEADER + end - start);
    writeMsFrameHeader(frame, 0, end - start, bare);
    frame.set(bytes.subarray(start, end), MS_FRAME_HEADER);
    return frame;
  },
  isAnswer: (bytes, start, bare) => !bare && ((bytes[start]! << 8) | bytes[start + 1]!) !== MS_TYPES.DataIndication,
};
