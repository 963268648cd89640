const LEAST_RING = 2048;

/**
 * Small integers that are handed out again, the longest unused first. At least `quarantine` others are handed out before one returns,
 * so a stale id names nobody rather than somebody else.
 */
export class RecycledIds {
  readonly #quarantine: number;
  #ring = new Int32Array(LEAST_RING);
  #head = 0;
  #waiting = 0;
  #next = 0;

  constructor(quarantine = 1024) {
    this.#quarantine = quarantine;
  }

  take(): number {
    if (this.#waiting <= this.#quarantine) return this.#next++;
    const id = this.#ring[this.#head]!;
    this.#head = (this.#head + 1) % this.#ring.length;
    this.#waiting--;
    return id;
  }

  give(id: number): void {
    if (this.#waiting === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#waiting) % this.#ring.length] = id;
    this.#waiting++;
  }

  #grow(): void {
    const ring = new Int32Array(this.#ring.length * 2);
    ring.set(this.#ring.subarray(this.#head));
    ring.set(this.#ring.subarray(0, this.#head), this.#ring.length - this.#head);
    this.#ring = ring;
    this.#head = 0;
  }
}
