import { readUint16At } from '../words.ts';
import { type FrameShape, UNTOLD } from './frame-shape.ts';

export const PACKET_HEADER = 2;
/** The longest that fits a message of any dialect with all that stands around it. */
export const LONGEST_PACKET_FRAME = 65_000;

/**
 * Packets on a stream (RFC 4571 §2), header counted: a peer's connection in the Microsoft dialect.
 *
 * ```
 * | length 16 | packet |
 * ```
 */
export const PACKET_FRAMES: FrameShape<never> = {
  prologue: () => PACKET_HEADER,
  measure: (b, at, end) => (end - at < PACKET_HEADER ? UNTOLD : PACKET_HEADER + readUint16At(b, at)),
  padded: length => length,
};
