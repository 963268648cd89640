/** Nonces of one flow that are remembered at once; clients keep one or two. */
const MOST = 4;
/** How far a count may be behind the highest. */
const WINDOW = 32;

interface Counted {
  highest: number;
  /** Bit n: the count n below the highest has been used. */
  used: number;
}

/** Which counts of which nonces a flow has used (RFC 7616 §3.4, nc). Bounded: when too many nonces are in use, the oldest stop being good. */
export class NonceCounts {
  readonly #byNumber = new Map<number, Counted>();
  #forgottenUpTo = 0;

  /** Uses a count of a nonce, or says that it cannot be used again. */
  use(number: number, count: number): boolean {
    if (number <= this.#forgottenUpTo) return false;
    const counted = this.#byNumber.get(number);
    if (counted !== undefined) return useCount(counted, count);
    this.#byNumber.set(number, { highest: count, used: 1 });
    if (this.#byNumber.size > MOST) this.#forgetOldest();
    return true;
  }

  #forgetOldest(): void {
    const oldest = Math.min(...this.#byNumber.keys());
    this.#byNumber.delete(oldest);
    this.#forgottenUpTo = oldest;
  }
}

function useCount(counted: Counted, count: number): boolean {
  const ahead = count - counted.highest;
  if (ahead > 0) {
    counted.used = ahead >= WINDOW ? 1 : (counted.used << ahead) | 1;
    counted.highest = count;
    return true;
  }
  const bit = 1 << -ahead;
  if (-ahead >= WINDOW || (counted.used & bit) !== 0) return false;
  counted.used |= bit;
  return true;
}
