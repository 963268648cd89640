interface Appointment {
  readonly when: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only when a test says so. Appointments run in order of their time, then in the order they were made. */
export class VirtualClock {
  #now: number;
  #made = 0;
  #heap: Appointment[] = [];

  constructor(now = 0) {
    this.#now = now;
  }

  get now(): number {
    return this.#now;
  }

  /** Appointments to come: none may be left when a test ends. */
  get pending(): number {
    return this.#heap.length;
  }

  at(when: number, run: () => void): void {
    this.#heap.push({ when: Math.max(when, this.#now), order: this.#made++, run });
    this.#rise(this.#heap.length - 1);
  }

  after(delay: number, run: () => void): void {
    this.at(this.#now + delay, run);
  }

  /** Lets time pass, with everything that was to happen in it. */
  advance(millis: number): void {
    const until = this.#now + millis;
    while (this.#heap.length > 0 && this.#heap[0]!.when <= until) this.#runNext();
    this.#now = until;
  }

  /** Runs everything that is planned and what follows from it; throws if that never ends. */
  settle(most = 1_000_000): void {
    for (let i = 0; this.#heap.length > 0; i++) {
      if (i === most) throw new Error(`still busy after ${most} appointments`);
      this.#runNext();
    }
  }

  #runNext(): void {
    const next = this.#heap[0]!;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    this.#now = next.when;
    next.run();
  }

  #rise(from: number): void {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.#isSooner(i, parent)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #sink(from: number): void {
    for (let i = from; ; ) {
      let soonest = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.#heap.length && this.#isSooner(child, soonest)) soonest = child;
      }
      if (soonest === i) return;
      this.#swap(i, soonest);
      i = soonest;
    }
  }

  #isSooner(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i]!, this.#heap[j]!];
    return a.when < b.when || (a.when === b.when && a.order < b.order);
  }

  #swap(i: number, j: number): void {
    [this.#heap[i], this.#heap[j]] = [this.#heap[j]!, this.#heap[i]!];
  }
}
