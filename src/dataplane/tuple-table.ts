/** What `get` answers for a tuple that is not in the table. */
export const NONE = -1;

// One slot: hash | owner | w0 | w1 | w2 | w3 | port | value. An empty slot's value is NONE.
const STRIDE = 8;
const VALUE = 7;
const LEAST_SLOTS = 64;

/**
 * A hash table from (owner, address, port) to a small integer, in one typed array: open addressing with linear probing and
 * backward-shift deletion, so that there are no tombstones and a look-up costs the same after a million insertions and removals.
 * Looking up allocates nothing. The hash is keyed with dice: whoever chooses addresses can't choose collisions.
 */
export class TupleTable {
  readonly #keys: Int32Array;
  #slots: Int32Array;
  #mask: number;
  #size = 0;

  constructor(random: (below: number) => number) {
    this.#keys = Int32Array.from({ length: 13 }, () => random(2 ** 32) | 0);
    this.#slots = emptySlots(LEAST_SLOTS);
    this.#mask = LEAST_SLOTS - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** The number of slots; at most half are used. */
  get capacity(): number {
    return this.#mask + 1;
  }

  /** The most slots a look-up may have to visit: what a bad hash would show in. */
  get longestRun(): number {
    let longest = 0;
    for (let i = 0, run = 0; i < this.capacity * 2; i++) {
      run = this.#slots[(i & this.#mask) * STRIDE + VALUE] === NONE ? 0 : run + 1;
      longest = Math.max(longest, run);
    }
    return longest;
  }

  get(owner: number, w0: number, w1: number, w2: number, w3: number, port: number): number {
    const at = this.#find(this.#hash(owner, w0, w1, w2, w3, port), owner, w0, w1, w2, w3, port);
    return this.#slots[at + VALUE]!;
  }

  /** `value` is 0 or more. */
  set(owner: number, w0: number, w1: number, w2: number, w3: number, port: number, value: number): void {
    const hash = this.#hash(owner, w0, w1, w2, w3, port);
    const at = this.#find(hash, owner, w0, w1, w2, w3, port);
    const fresh = this.#slots[at + VALUE] === NONE;
    const slots = this.#slots;
    slots[at] = hash;
    slots[at + 1] = owner;
    slots[at + 2] = w0;
    slots[at + 3] = w1;
    slots[at + 4] = w2;
    slots[at + 5] = w3;
    slots[at + 6] = port;
    slots[at + VALUE] = value;
    if (fresh && ++this.#size * 2 > this.capacity) this.#resize(this.capacity * 2);
  }

  delete(owner: number, w0: number, w1: number, w2: number, w3: number, port: number): boolean {
    const at = this.#find(this.#hash(owner, w0, w1, w2, w3, port), owner, w0, w1, w2, w3, port);
    if (this.#slots[at + VALUE] === NONE) return false;
    this.#close(at / STRIDE);
    this.#size--;
    if (this.capacity > LEAST_SLOTS && this.#size * 16 < this.capacity) this.#resize(this.capacity / 2);
    return true;
  }

  /** The offset of the tuple's slot, or of the empty slot where it would go. */
  #find(hash: number, owner: number, w0: number, w1: number, w2: number, w3: number, port: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const at = i * STRIDE;
      if (slots[at + VALUE] === NONE) return at;
      if (slots[at] !== hash || slots[at + 1] !== owner || slots[at + 6] !== port) continue;
      if (slots[at + 5] === w3 && slots[at + 4] === w2 && slots[at + 3] === w1 && slots[at + 2] === w0) return at;
    }
  }

  /** Empties a slot and moves back what probed past it. */
  #close(hole: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let gap = hole;
    for (let i = (gap + 1) & mask; slots[i * STRIDE + VALUE] !== NONE; i = (i + 1) & mask) {
      const home = slots[i * STRIDE]! & mask;
      if (((i - home) & mask) < ((i - gap) & mask)) continue; // it would end up in front of its home
      slots.copyWithin(gap * STRIDE, i * STRIDE, (i + 1) * STRIDE);
      gap = i;
    }
    slots[gap * STRIDE + VALUE] = NONE;
  }

  #resize(capacity: number): void {
    const old = this.#slots;
    this.#slots = emptySlots(capacity);
    this.#mask = capacity - 1;
    for (let at = 0; at < old.length; at += STRIDE) {
      if (old[at + VALUE] !== NONE) this.#place(old.subarray(at, at + STRIDE));
    }
  }

  #place(slot: Int32Array): void {
    let i = slot[0]! & this.#mask;
    while (this.#slots[i * STRIDE + VALUE] !== NONE) i = (i + 1) & this.#mask;
    this.#slots.set(slot, i * STRIDE);
  }

  /**
   * A multilinear hash over 16-bit halves: for any two tuples the sums are equal for at most one in 2^17 keys. What follows the sum
   * is a bijection that spreads it over all bits (the table uses the low ones).
   */
  #hash(owner: number, w0: number, w1: number, w2: number, w3: number, port: number): number {
    const k = this.#keys;
    let h = k[12]!;
    h = (h + Math.imul(k[0]!, owner & 0xffff) + Math.imul(k[1]!, owner >>> 16)) | 0;
    h = (h + Math.imul(k[2]!, w0 & 0xffff) + Math.imul(k[3]!, w0 >>> 16)) | 0;
    h = (h + Math.imul(k[4]!, w1 & 0xffff) + Math.imul(k[5]!, w1 >>> 16)) | 0;
    h = (h + Math.imul(k[6]!, w2 & 0xffff) + Math.imul(k[7]!, w2 >>> 16)) | 0;
    h = (h + Math.imul(k[8]!, w3 & 0xffff) + Math.imul(k[9]!, w3 >>> 16)) | 0;
    h = (h + Math.imul(k[10]!, port & 0xffff) + Math.imul(k[11]!, port >>> 16)) | 0;
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
    return h ^ (h >>> 15);
  }
}

function emptySlots(capacity: number): Int32Array {
  const slots = new Int32Array(capacity * STRIDE);
  for (let at = VALUE; at < slots.length; at += STRIDE) slots[at] = NONE;
  return slots;
}
