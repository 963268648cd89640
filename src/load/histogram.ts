const SUB_BITS = 6;
const SUBS = 1 << SUB_BITS;
/** Enough for every unsigned 32-bit value. */
const BUCKETS = (32 - SUB_BITS) * SUBS + SUBS;

/** Counts of unsigned 32-bit values, known to within 1 percent: 64 buckets for each doubling. Recording allocates nothing. */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  #sum = 0;
  #least = Infinity;
  #most = 0;

  record(value: number): void {
    this.#counts[bucketOf(value)]!++;
    this.#total++;
    this.#sum += value;
    if (value < this.#least) this.#least = value;
    if (value > this.#most) this.#most = value;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#sum = 0;
    this.#least = Infinity;
    this.#most = 0;
  }

  get total(): number {
    return this.#total;
  }

  get mean(): number {
    return this.#total === 0 ? 0 : this.#sum / this.#total;
  }

  get most(): number {
    return this.#most;
  }

  /** The value that this share (0 to 1) of all values does not exceed; 0 when there is none. */
  quantile(share: number): number {
    if (this.#total === 0) return 0;
    const rank = Math.max(1, Math.ceil(share * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) return Math.min(this.#most, Math.max(this.#least, middleOf(bucket)));
    }
    return this.#most;
  }
}

/** Values below 128 have a bucket each; above, the six bits after the first one choose among 64. */
function bucketOf(value: number): number {
  if (value < 2 * SUBS) return value;
  const shift = 31 - Math.clz32(value) - SUB_BITS;
  return shift * SUBS + (value >>> shift);
}

function middleOf(bucket: number): number {
  if (bucket < 2 * SUBS) return bucket;
  const width = 2 ** ((bucket >>> SUB_BITS) - 1);
  return (SUBS + (bucket & (SUBS - 1))) * width + width / 2;
}
