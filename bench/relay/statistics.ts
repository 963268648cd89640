/** A figure's rounds in short. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  return { median: middle, least: sorted[0]!, most: sorted.at(-1)! };
}

/** Each round's value as a part of the same round's base: what the machine did to both in a round falls out. */
export function ratiosOf(
  values: readonly (number | undefined)[],
  bases: readonly (number | undefined)[],
): Spread | undefined {
  return spreadOf(values.flatMap((value, i) => (value !== undefined && bases[i] ? [value / bases[i]] : [])));
}
