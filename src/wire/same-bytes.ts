/** Whether `length` bytes at two places are the same; how long it takes does not tell where they differ. */
export function sameBytes(a: Uint8Array, atA: number, b: Uint8Array, atB: number, length: number): boolean {
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= a[atA + i]! ^ b[atB + i]!;
  return difference === 0;
}
