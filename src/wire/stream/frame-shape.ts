/** How the frames of one protocol look: all that a FrameReader needs to know of it. Nothing here may allocate. */
export interface FrameShape<Wrong extends string> {
  /** Bytes from which the length of a frame that begins with this byte can be told. */
  prologue(firstByte: number): number;
  /** Length of the frame that starts at `at`, without padding; UNTOLD while b[at, end) is too little; or why it is no frame. */
  measure(b: Uint8Array, at: number, end: number): number | Wrong;
  /** What a frame of this length takes of the stream. */
  padded(length: number): number;
}

export const UNTOLD = 0;
