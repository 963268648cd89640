import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

test.each([
  ['90s', 90],
  ['10m', 600],
  ['8h', 28_800],
  ['1h30m', 5400],
  ['1d', 86_400],
  ['0s', 0],
])('%s is %i seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(['', '10', 'm', '1.5h', '-1h', '30m1h', '1 h', '1w', '1h ', '9999999999s'])('%j is no duration', text => {
  expect(parseDuration(text)).toBeUndefined();
});

test('every whole number of seconds survives being written and read', () => {
  fc.assert(fc.property(fc.nat({ max: 10_000_000 }), n => parseDuration(formatDuration(n)) === n));
});
