export type Dice = (below: number) => number;

const WORD = 2 ** 32;

/** Seeded dice: uniform in [0, below) for `below` up to 2^32; the same seed throws the same numbers. */
export function dice(seed: number): Dice {
  const word = words(seed);
  return below => {
    const fair = WORD - (WORD % below);
    let thrown = word();
    while (thrown >= fair) thrown = word();
    return thrown % below;
  };
}

/** Uniform 32-bit words: a Weyl sequence through a mixing bijection. */
function words(seed: number): () => number {
  let weyl = Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995;
  return () => {
    weyl = (weyl + 0x6d2b79f5) | 0;
    let mixed = Math.imul(weyl ^ (weyl >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}
