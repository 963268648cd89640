import { type Family, familyOf, type IpAddress } from '../wire/index.ts';
import { agrees, contains, type Prefix, prefixOf } from './prefix.ts';

interface Node<T> {
  readonly prefix: Prefix;
  value: T | undefined;
  /** The branches where the bit after the prefix is 0 and 1; everything below has the prefix in common. */
  zero: Node<T> | undefined;
  one: Node<T> | undefined;
}

/**
 * Values by network, found by address: the longest network that contains it. A path-compressed binary trie, so a look-up visits
 * as many nodes as networks diverge on the way down, whatever their number, and allocates nothing.
 */
export class PrefixMap<T> {
  readonly #roots: Record<Family, Node<T>> = {
    4: node<T>(prefixOf({ w0: 0, w1: 0, w2: 0xffff, w3: 0 }, 96), undefined),
    6: node<T>({ address: { w0: 0, w1: 0, w2: 0, w3: 0 }, length: 0, family: 6 }, undefined),
  };

  set(prefix: Prefix, value: T): void {
    let at = this.#roots[prefix.family];
    while (at.prefix.length < prefix.length) {
      const one = bitAfter(at.prefix.length, prefix.address);
      const below = one ? at.one : at.zero;
      const next =
        below === undefined
          ? node<T>(prefix, undefined)
          : below.prefix.length <= prefix.length && contains(below.prefix, prefix.address)
            ? below
            : fork(below, prefix);
      if (one) at.one = next;
      else at.zero = next;
      at = next;
    }
    at.value = value;
  }

  /** The value of exactly this network. */
  get(prefix: Prefix): T | undefined {
    let at: Node<T> | undefined = this.#roots[prefix.family];
    while (at !== undefined && at.prefix.length < prefix.length) {
      at = bitAfter(at.prefix.length, prefix.address) ? at.one : at.zero;
    }
    const found = at !== undefined && at.prefix.length === prefix.length && contains(at.prefix, prefix.address);
    return found ? at?.value : undefined;
  }

  /** The value of the longest network that contains the address. */
  longest(a: IpAddress): T | undefined {
    let best: T | undefined;
    let at: Node<T> | undefined = familyOf(a) === 4 ? this.#roots[4] : this.#roots[6];
    while (at !== undefined && agrees(at.prefix.address, a, at.prefix.length)) {
      if (at.value !== undefined) best = at.value;
      if (at.prefix.length === 128) break;
      at = bitAfter(at.prefix.length, a) ? at.one : at.zero;
    }
    return best;
  }
}

function node<T>(prefix: Prefix, value: T | undefined): Node<T> {
  return { prefix, value, zero: undefined, one: undefined };
}

/** A node where the way to `below` and the way to `prefix` part, or `prefix` itself when it lies above `below`. */
function fork<T>(below: Node<T>, prefix: Prefix): Node<T> {
  let length = Math.min(below.prefix.length, prefix.length);
  while (!agrees(below.prefix.address, prefix.address, length)) length--;
  const parting = node<T>({ ...prefixOf(prefix.address, length), family: prefix.family }, undefined);
  if (bitAfter(length, below.prefix.address)) parting.one = below;
  else parting.zero = below;
  return parting;
}

function bitAfter(length: number, a: IpAddress): boolean {
  const word = length < 32 ? a.w0 : length < 64 ? a.w1 : length < 96 ? a.w2 : a.w3;
  return ((word >>> (31 - (length & 31))) & 1) === 1;
}
