import { randomInt } from 'node:crypto';
import { MAP_PRIVATE_ANONYMOUS, PROT_READ_WRITE } from './constants.ts';
import { SystemError } from './errno.ts';
import type { Libc, Pointer } from './libc.ts';
import type { Native } from './load.ts';

const FOUR_GIB = 0x1_0000_0000;
/** Addresses below 2 GiB are small integers; programs and their heaps begin at the lower end. */
const LOWEST = 0x1000_0000;
const HIGHEST = 0x8000_0000;
const PAGE = 0x1_0000;
const TRIES = 16;

/** Unmaps what no typed array looks at any more; before that an index into it would end the process. */
const unmapping = new FinalizationRegistry<() => void>(unmap => unmap());

/**
 * Memory outside of JavaScript's heap, at an address that never changes: what system calls read and write while JavaScript does the
 * same through typed arrays. Pages take memory once they are touched.
 */
export class Arena {
  readonly address: Pointer;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** The upper word of every pointer into the arena. */
  readonly #high: number;
  readonly #low: number;

  constructor(native: Native, length: number) {
    this.address = map(native.libc, length);
    const buffer = native.view(this.address, length);
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.#high = Math.floor(this.address / FOUR_GIB);
    this.#low = this.address % FOUR_GIB;
    unmapping.register(buffer, unmapperOf(native.libc, this.address, length));
  }

  pointer(offset: number): Pointer {
    return this.address + offset;
  }

  /** The lower word of a pointer; the upper one is the same for all. */
  low(offset: number): number {
    return (this.#low + offset) | 0;
  }

  /** Writes, at the offset `at`, a pointer to the offset `to`. */
  setPointer(at: number, to: number): void {
    this.words[at / 4] = this.low(to);
    this.words[at / 4 + 1] = this.#high;
  }
}

/** Made out of reach of the arena: a closure that held it would keep it from being collected. */
function unmapperOf(libc: Libc, address: Pointer, length: number): () => void {
  return () => libc.munmap(address, length);
}

/** Somewhere low, drawn anew each time so that nobody can tell where; if there is no room, wherever the kernel likes. */
function map(libc: Libc, length: number): Pointer {
  for (let i = 0; i < TRIES; i++) {
    const wish = LOWEST + randomInt(Math.floor((HIGHEST - LOWEST - length) / PAGE)) * PAGE;
    const address = mapNear(libc, wish, length);
    if (address + length <= HIGHEST) return address;
    libc.munmap(address, length);
  }
  return mapInOnePart(libc, length);
}

/** Without a 4 GiB border inside. While a mapping that has one is held, another one can't. */
function mapInOnePart(libc: Libc, length: number): Pointer {
  const first = mapNear(libc, 0, length);
  if (Math.floor(first / FOUR_GIB) === Math.floor((first + length - 1) / FOUR_GIB)) return first;
  const second = mapNear(libc, 0, length);
  libc.munmap(first, length);
  return second;
}

function mapNear(libc: Libc, near: Pointer, length: number): Pointer {
  const address = Number(libc.mmap(near, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0));
  if (address > Number.MAX_SAFE_INTEGER) throw new SystemError('mmap', libc.errno()); // MAP_FAILED is -1
  return address;
}
