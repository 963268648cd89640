import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sameBytes } from './same-bytes.ts';

test('bytes are the same when each of them is', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (a, i, bit) => {
        const b = Uint8Array.from([9, 9, 9, ...a]);
        expect(sameBytes(a, 0, b, 3, a.length)).toBe(true);
        b[3 + (i % a.length)]! ^= bit;
        expect(sameBytes(a, 0, b, 3, a.length)).toBe(false);
      },
    ),
  );
  expect(sameBytes(new Uint8Array(0), 0, new Uint8Array(0), 0, 0)).toBe(true);
});
