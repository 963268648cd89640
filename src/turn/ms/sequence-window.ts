/** On UDP, where datagrams overtake each other. */
const WINDOW = 64;

/** What became of a number: it is new, it was seen before, or it is so old that nobody knows. */
export type SequenceVerdict = 'fresh' | 'seen' | 'too-old';

/**
 * Which numbers an allocation has heard: the highest and the 64 below it. On UDP datagrams overtake each other, so a Send need only be
 * one that was not heard; what a replay would undo, such as an active destination, is held to an order by its method. On a stream nothing
 * overtakes anything: only a higher number is fresh.
 */
export class SequenceWindow {
  readonly #size: number;
  #highest = -1;
  /** Bit i of both words together: highest - i was heard. */
  #low = 0;
  #high = 0;

  constructor(isOrdered = false) {
    this.#size = isOrdered ? 0 : WINDOW;
  }

  /** Whether any number was heard. From then on a message without one is no message of this client. */
  get isUsed(): boolean {
    return this.#highest >= 0;
  }

  /** Only asks: nothing is noted before the message's integrity is known to be right. */
  verdict(number: number): SequenceVerdict {
    const age = this.#highest - number;
    if (age < 0) return 'fresh';
    if (age >= this.#size) return 'too-old';
    const isSeen = age < 32 ? (this.#low >>> age) & 1 : (this.#high >>> (age - 32)) & 1;
    return isSeen === 1 ? 'seen' : 'fresh';
  }

  note(number: number): void {
    if (number > this.#highest) this.#advance(number - this.#highest, number);
    const age = this.#highest - number;
    if (age < 32) this.#low |= 1 << age;
    else if (age < WINDOW) this.#high |= 1 << (age - 32);
  }

  #advance(by: number, number: number): void {
    this.#highest = number;
    if (by >= WINDOW) this.#low = this.#high = 0;
    else if (by >= 32) {
      this.#high = by === 32 ? this.#low : this.#low << (by - 32);
      this.#low = 0;
    } else {
      this.#high = (this.#high << by) | (this.#low >>> (32 - by));
      this.#low <<= by;
    }
  }
}
