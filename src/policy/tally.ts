import assert from 'node:assert';

/** Counts by key, of which only those above zero are kept. */
export class Tally {
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#counts.size;
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.of(key) + 1);
  }

  subtract(key: string): void {
    const count = this.of(key);
    assert(count > 0, 'a count below zero: something was given back twice');
    if (count === 1) this.#counts.delete(key);
    else this.#counts.set(key, count - 1);
  }
}
