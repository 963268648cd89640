/** Bytes that need not wait for more. */
export const CHUNK = 64 * 1024;
/** As many as are in use at the same time when several connections write in one turn; more are collected as garbage. */
const MOST_SPARE = 16;

const spare: Buffer[] = [];

/** Memory for as long as it takes the kernel to have what is in it. Whoever does not give it back leaves it to be collected. */
export function borrowChunk(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
}

export function giveBackChunk(chunk: Buffer): void {
  if (spare.length < MOST_SPARE) spare.push(chunk);
}
