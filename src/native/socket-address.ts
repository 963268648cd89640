import { AF_INET, AF_INET6 } from './constants.ts';
import { SOCKADDR } from './layouts.ts';

/** An IPv4 address as IPv6 writes it: ::ffff:a.b.c.d. */
const MAPPED = 0xffff;

/** Four words in network order and a port, as numbers: what the rest of the edge calls a transport address. */
export interface Words {
  w0: number;
  w1: number;
  w2: number;
  w3: number;
  port: number;
}

export function swap32(word: number): number {
  return (word >>> 24) | ((word >>> 8) & 0xff00) | ((word & 0xff00) << 8) | (word << 24);
}

export function swap16(half: number): number {
  return ((half & 0xff) << 8) | ((half >>> 8) & 0xff);
}

export function lengthOfAddress(family: 4 | 6): number {
  return family === 4 ? SOCKADDR.v4 : SOCKADDR.v6;
}

/** Writes a sockaddr at the word `at`. Allocates nothing. */
export function writeAddress(words: Int32Array, at: number, family: 4 | 6, to: Readonly<Words>): void {
  if (family === 4) {
    words[at] = AF_INET | (swap16(to.port) << 16);
    words[at + 1] = swap32(to.w3);
    return;
  }
  words[at] = AF_INET6 | (swap16(to.port) << 16);
  words[at + 1] = 0;
  words[at + 2] = swap32(to.w0);
  words[at + 3] = swap32(to.w1);
  words[at + 4] = swap32(to.w2);
  words[at + 5] = swap32(to.w3);
  words[at + 6] = 0;
}

/** Reads the sockaddr at the word `at`. Allocates nothing. */
export function readAddress(words: Int32Array, at: number, into: Words): void {
  const first = words[at]!;
  into.port = swap16(first >>> 16);
  if ((first & 0xffff) === AF_INET) {
    into.w0 = 0;
    into.w1 = 0;
    into.w2 = MAPPED;
    into.w3 = swap32(words[at + 1]!);
    return;
  }
  into.w0 = swap32(words[at + 2]!);
  into.w1 = swap32(words[at + 3]!);
  into.w2 = swap32(words[at + 4]!);
  into.w3 = swap32(words[at + 5]!);
}
