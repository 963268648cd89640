import { expect, test } from 'vitest';
import { NOTHING_YET, type PeerFacts } from './facts.ts';
import { NO_HISTORY, SAMPLES, type Sample, withSample } from './history.ts';

test('a rate is what arrived between two samples', () => {
  const first = at(1000, { bytesReceived: 1000 });
  const history = withSample(NO_HISTORY, first, at(1500, { bytesReceived: 63_500 }));
  expect(history.kbitsAtoB).toEqual([1000]);
});

test('the first sample has no rate yet', () => {
  expect(withSample(NO_HISTORY, null, at(0, { bytesReceived: 10 })).kbitsAtoB).toEqual([null]);
});

test('a counter that went back gives no rate', () => {
  const history = withSample(NO_HISTORY, at(0, { bytesReceived: 900 }), at(500, { bytesReceived: 10 }));
  expect(history.kbitsAtoB).toEqual([null]);
});

test('a minute is kept, not more', () => {
  let history = NO_HISTORY;
  for (let i = 0; i < SAMPLES + 5; i++) history = withSample(history, null, at(i * 500, {}));
  expect(history.seconds).toHaveLength(SAMPLES);
  expect(history.seconds[0]).toBe(2.5);
});

function at(atMs: number, b: Partial<PeerFacts>): Sample {
  return { atMs, a: NOTHING_YET, b: { ...NOTHING_YET, ...b } };
}
