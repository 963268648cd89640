import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestInto } from './digest.ts';

test('digests of bytes and of text are those of a Hash object, and nothing beside them is written', () => {
  const algorithm = fc.constantFrom('md5', 'sha1', 'sha256');
  const anything = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'grapheme' }));
  fc.assert(
    fc.property(algorithm, anything, fc.nat(9), (kind, bytes, at) => {
      const theirs = createHash(kind).update(bytes).digest();
      const into = new Uint8Array(50).fill(0x77);
      expect(digestInto(kind, bytes, into, at)).toBe(at + theirs.length);
      const around = [Buffer.alloc(at, 0x77), theirs, Buffer.alloc(50 - at - theirs.length, 0x77)];
      expect(Buffer.from(into)).toEqual(Buffer.concat(around));
    }),
  );
});
