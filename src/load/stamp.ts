/*
 * What a payload of ours begins with. Everything else in it is whatever lay in memory.
 *
 * | mark 32 | client 32 | sequence 32 | time in ticks 32 |
 *
 * The mark tells payloads of this run, and of this part of it, from those of others that had the same ports before.
 */
export const STAMP_LENGTH = 16;

/** A tick is 100 ns; 32 bits of them go round in seven minutes, and a delay is shorter. */
export const TICKS_PER_MILLI = 10_000;
export const TICKS_PER_MICRO = 10;

export function ticksOf(millis: number): number {
  return (millis * TICKS_PER_MILLI) >>> 0;
}

export function elapsedTicks(from: number, to: number): number {
  return (to - from) >>> 0;
}

export function writeStamp(b: Uint8Array, at: number, mark: number, client: number, sequence: number, ticks: number) {
  writeWord(b, at, mark);
  writeWord(b, at + 4, client);
  writeWord(b, at + 8, sequence);
  writeWord(b, at + 12, ticks);
}

export function markIn(b: Uint8Array, at: number): number {
  return wordAt(b, at);
}

export function clientIn(b: Uint8Array, at: number): number {
  return wordAt(b, at + 4);
}

export function sequenceIn(b: Uint8Array, at: number): number {
  return wordAt(b, at + 8);
}

export function ticksIn(b: Uint8Array, at: number): number {
  return wordAt(b, at + 12);
}

function wordAt(b: Uint8Array, at: number): number {
  return ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;
}

function writeWord(b: Uint8Array, at: number, word: number): void {
  b[at] = word >>> 24;
  b[at + 1] = word >>> 16;
  b[at + 2] = word >>> 8;
  b[at + 3] = word;
}
