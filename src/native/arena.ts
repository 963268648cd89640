import { MAP_PRIVATE_ANONYMOUS, PROT_READ_WRITE } from './constants.ts';
import { SystemError } from './errno.ts';
import type { Libc, Pointer } from './libc.ts';
import type { Native } from './load.ts';

const FAILED = 0xffff_ffff_ffff_ffffn;
const FOUR_GIB = 0x1_0000_0000n;

/** Unmaps what no typed array looks at any more; before that an index into it would end the process. */
const unmapping = new FinalizationRegistry<() => void>(unmap => unmap());

/**
 * Memory outside of JavaScript's heap, at an address that never changes: what system calls read and write while JavaScript does the
 * same through typed arrays. Pages take memory once they are touched. It never crosses a 4 GiB border, so that a pointer into it is
 * written as two words, of which one is always the same.
 */
export class Arena {
  readonly address: Pointer;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** The upper word of every pointer into the arena. */
  readonly high: number;
  readonly #low: number;

  constructor(native: Native, length: number) {
    this.address = map(native.libc, length);
    const buffer = native.view(this.address, length);
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.high = Number(this.address / FOUR_GIB) | 0;
    this.#low = Number(this.address % FOUR_GIB);
    unmapping.register(buffer, unmapperOf(native.libc, this.address, length));
  }

  pointer(offset: number): Pointer {
    return this.address + BigInt(offset);
  }

  /** The lower word of a pointer, as a signed one. */
  low(offset: number): number {
    return (this.#low + offset) | 0;
  }

  /** Writes a pointer to `to` at the offset `at`; no pointer at all for undefined. */
  setPointer(at: number, to: number | undefined): void {
    this.words[at / 4] = to === undefined ? 0 : this.low(to);
    this.words[at / 4 + 1] = to === undefined ? 0 : this.high;
  }
}

/** Made out of reach of the arena: a closure that held it would keep it from being collected. */
function unmapperOf(libc: Libc, address: Pointer, length: number): () => void {
  return () => libc.munmap(address, length);
}

function map(libc: Libc, length: number): Pointer {
  const first = mapAnywhere(libc, length);
  if (first / FOUR_GIB === (first + BigInt(length) - 1n) / FOUR_GIB) return first;
  // While the one that crosses a border is held, another one can't.
  const second = mapAnywhere(libc, length);
  libc.munmap(first, length);
  return second;
}

function mapAnywhere(libc: Libc, length: number): Pointer {
  const address = libc.mmap(null, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  if (address === FAILED) throw new SystemError('mmap', libc.errno());
  return address;
}
