/** Enough for more than a hundred answers. */
const SLAB = 16 * 1024;

/** Answers that are longer are few. */
const LONGEST = 1280;

let slab = new ArrayBuffer(SLAB);
let used = 0;

/**
 * A copy for an answer that leaves soon. Bytes of its own would cost it more than all else: what is longer than 64 bytes V8 takes from
 * the system, keeps a list of, and gives back one by one. Who keeps an answer copies it again, or it keeps its whole neighbourhood.
 */
export function passingCopy(bytes: Uint8Array): Uint8Array {
  if (bytes.length > LONGEST) return bytes.slice();
  if (used + bytes.length > SLAB) {
    slab = new ArrayBuffer(SLAB);
    used = 0;
  }
  const copy = new Uint8Array(slab, used, bytes.length);
  used += bytes.length;
  copy.set(bytes);
  return copy;
}
