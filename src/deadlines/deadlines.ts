import type { Millis } from '../wire/index.ts';

/** Something that wants to be told when a time has come, and answers with effects. It stands in the heap at most once. */
export class Timer<Effect> {
  /** When it will be told; Infinity while it waits for nothing. */
  at: Millis = Infinity;
  /** Its place in the heap, or -1. */
  slot = -1;
  readonly onDue: (now: Millis, effects: Effect[]) => void;

  constructor(onDue: (now: Millis, effects: Effect[]) => void) {
    this.onDue = onDue;
  }
}

/**
 * All timers in one binary heap, touched by control messages only. Postponing costs nothing: a timer is only ever moved forward,
 * and who is told too early looks at what is really due and asks again.
 */
export class Deadlines<Effect> {
  readonly #heap: Timer<Effect>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest time anyone wants to be told at, or Infinity. */
  next(): Millis {
    return this.#heap[0]?.at ?? Infinity;
  }

  /** Sees that the timer is told at `at` or before. */
  wakeBy(timer: Timer<Effect>, at: Millis): void {
    if (at >= timer.at) return;
    timer.at = at;
    if (timer.slot < 0) timer.slot = this.#heap.push(timer) - 1;
    this.#rise(timer);
  }

  remove(timer: Timer<Effect>): void {
    if (timer.slot < 0) return;
    const last = this.#heap.pop()!;
    if (last !== timer) {
      this.#put(last, timer.slot);
      this.#rise(last);
      this.#sink(last);
    }
    timer.slot = -1;
    timer.at = Infinity;
  }

  /** Takes out the earliest timer that is due, or undefined. */
  take(now: Millis): Timer<Effect> | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.remove(first);
    return first;
  }

  #rise(timer: Timer<Effect>): void {
    while (timer.slot > 0) {
      const parent = this.#heap[(timer.slot - 1) >> 1]!;
      if (parent.at <= timer.at) return;
      const slot = parent.slot;
      this.#put(parent, timer.slot);
      this.#put(timer, slot);
    }
  }

  #sink(timer: Timer<Effect>): void {
    for (;;) {
      const left = this.#heap[2 * timer.slot + 1];
      const right = this.#heap[2 * timer.slot + 2];
      const child = right !== undefined && left !== undefined && right.at < left.at ? right : left;
      if (child === undefined || child.at >= timer.at) return;
      const slot = child.slot;
      this.#put(child, timer.slot);
      this.#put(timer, slot);
    }
  }

  #put(timer: Timer<Effect>, slot: number): void {
    this.#heap[slot] = timer;
    timer.slot = slot;
  }
}
