/** Big-endian integers in bytes the caller has measured. For the codecs in this folder; not part of its door. */
export function readUint16At(b: Uint8Array, at: number): number {
  return (b[at]! << 8) | b[at + 1]!;
}

/** A signed 32-bit word: it stays a small integer in V8, and XOR needs no sign. */
export function readWord(b: Uint8Array, at: number): number {
  return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!;
}

export function writeUint16At(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8;
  b[at + 1] = value;
}

export function writeWord(b: Uint8Array, at: number, word: number): void {
  b[at] = word >>> 24;
  b[at + 1] = word >>> 16;
  b[at + 2] = word >>> 8;
  b[at + 3] = word;
}

/** A length rounded up to the next multiple of four. */
export function paddedLength(length: number): number {
  return (length + 3) & ~3;
}
