/**
 * Values by small numbers that are given out again, such as a client's or a relay's. An array, because of what comes and goes all the time: V8's
 * Map and Set make a new table every so often, and the old one, once it has grown old, keeps what was in it and all later tables alive.
 */
export class IdTable<Id extends number, T> {
  readonly #values: (T | undefined)[] = [];
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  get(id: Id): T | undefined {
    return this.#values[id];
  }

  has(id: Id): boolean {
    return this.#values[id] !== undefined;
  }

  set(id: Id, value: T): void {
    const values = this.#values;
    while (values.length < id) values.push(undefined); // a hole would turn it into a dictionary
    if (values[id] === undefined) this.#size++;
    values[id] = value;
  }

  delete(id: Id): void {
    if (this.#values[id] === undefined) return;
    this.#values[id] = undefined;
    this.#size--;
  }

  /** In the order of their numbers. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }
}
