/** Counts of a closed set of names. Counting costs one look-up and stores nothing; a name outside the set is a mistake of ours. */
export class ReasonCounts<Name extends string> {
  readonly #index: ReadonlyMap<Name, number>;
  readonly #counts: Float64Array;

  constructor(names: readonly Name[]) {
    this.#index = new Map(names.map((name, i) => [name, i]));
    this.#counts = new Float64Array(names.length);
  }

  count(name: Name): void {
    const i = this.#index.get(name);
    if (i === undefined) throw new RangeError('counted under a name outside the closed set');
    this.#counts[i]!++;
  }

  all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#index].map(([name, i]) => [name, this.#counts[i]!]));
  }
}
