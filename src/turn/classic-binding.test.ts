import { expect, test } from 'vitest';
import { said, TestClient, TurnBench } from '../../test/testkit/turn-bench.ts';
import type { Effect } from './index.ts';

const ID = Array.from({ length: 16 }, (_, i) => i + 1);
const binding = (...attributes: number[]) => Uint8Array.from([0, 1, 0, attributes.length, ...ID, ...attributes]);

function hears(bytes: Uint8Array, bench = new TurnBench(), ip = '198.51.100.7'): readonly Effect[] {
  return bench.message(new TestClient(bench, 1, { ip }).tuple, bytes);
}

test('a Binding of RFC 3489 is told where it came from, as plain address', () => {
  const [effect] = hears(binding());
  const bytes = effect?.do === 'reply' ? [...effect.bytes] : [];
  expect(bytes).toEqual([1, 1, 0, 12, ...ID, 0, 1, 0, 8, 0, 1, 5001 >> 8, 5001 & 255, 198, 51, 100, 7]);
  expect(hears(binding(0x80, 0x08, 0, 4, 0, 0, 0, 1))[0]?.do).toBe('reply');
});

test('its answer counts against the budget of strangers', () => {
  const bench = new TurnBench();
  bench.rules.factor = 1.5;
  expect(said(hears(binding(), bench))).toEqual(['refused answer-budget']);
  expect(bench.asked).toEqual([20]);
  expect(said(hears(binding(), new TurnBench(), '2001:db8::7'))).toEqual(['refused answer-budget']); // 44 bytes for 20
});

test.each([
  ['with CHANGE-REQUEST, which would send the answer elsewhere', binding(0, 3, 0, 4, 0, 0, 0, 6)],
  ['with RESPONSE-ADDRESS', binding(0, 2, 0, 8, 0, 1, 0, 53, 192, 0, 2, 1)],
  ['with half an attribute', binding(0x80, 0x22, 0)],
  ['with an attribute that is too long', binding(0x80, 0x22, 0, 4, 1)],
  ['of another length than it says', Uint8Array.from([...binding(), 0])],
  ['of another type', Uint8Array.from([0, 2, 0, 0, ...ID])],
])('a Binding of RFC 3489 %s is not answered', (_, bytes) => {
  expect(said(hears(bytes))).toEqual(['refused not-stun']);
});
