import { describe, expect, test } from 'vitest';
import { Dice } from './dice.ts';
import { mutate } from './mutator.ts';
import { corpusOf, TARGETS } from './targets.ts';

const MUTATIONS = 5000;

describe.each(Object.keys(TARGETS))('%s', name => {
  const fuzz = TARGETS[name]!;
  const corpus = corpusOf(name);

  test('stands every input of its corpus', () => {
    expect(corpus.length).toBeGreaterThan(3);
    for (const { bytes } of corpus) fuzz(bytes);
  });

  test('stands truncations of its corpus at every byte', () => {
    for (const { bytes } of corpus) for (let end = 0; end <= bytes.length; end++) fuzz(bytes.slice(0, end));
  });

  test.each([1, 2, 3])(`stands ${MUTATIONS} mutations of its corpus, seed %i`, seed => {
    const dice = new Dice(seed);
    const inputs = corpus.map(one => one.bytes);
    for (let i = 0; i < MUTATIONS; i++) fuzz(mutate(inputs, dice));
  });
});
