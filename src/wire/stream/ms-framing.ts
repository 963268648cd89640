import { isMsTurn } from '../ms-turn/recognise.ts';
import { readUint16At, writeUint16At } from '../words.ts';
import { type FrameShape, UNTOLD } from './frame-shape.ts';

export const MS_FRAME_HEADER = 4;
/** The longest frame there can be, its header counted. */
export const LONGEST_MS_FRAME = MS_FRAME_HEADER + 0xffff;
const CONTROL = 2;
const BARE = 3;

/**
 * The frames of the Microsoft dialect (MS-TURN §2.1), header counted: a message, or bare bytes from or to the active destination.
 *
 * ```
 * | type: 2 or 3 | reserved | length 16 | payload |
 * ```
 */
export const MS_FRAMES: FrameShape<'unknown-frame-type'> = {
  prologue: () => MS_FRAME_HEADER,
  measure(b, at, end) {
    if (b[at] !== CONTROL && b[at] !== BARE) return 'unknown-frame-type';
    return end - at < MS_FRAME_HEADER ? UNTOLD : MS_FRAME_HEADER + readUint16At(b, at + 2);
  },
  padded: length => length,
};

/** What the frame that starts here carries. A control frame that holds no message ends its connection (MS-TURN §3.1.10). */
export function msFrameKind(b: Uint8Array, start: number, end: number): 'message' | 'bare' | 'not-ms-turn' {
  if (b[start] === BARE) return 'bare';
  return isMsTurn(b, start + MS_FRAME_HEADER, end) ? 'message' : 'not-ms-turn';
}

/** Writes the header of a frame whose payload has this length. */
export function writeMsFrameHeader(b: Uint8Array, at: number, length: number, bare: boolean): void {
  b[at] = bare ? BARE : CONTROL;
  b[at + 1] = 0;
  writeUint16At(b, at + 2, length);
}
