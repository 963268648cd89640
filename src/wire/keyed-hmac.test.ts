import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyedHmac } from './keyed-hmac.ts';

test('it is the HMAC of the crypto library, message after message, for keys of any length', () => {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
  fc.assert(
    fc.property(fc.constantFrom('sha1', 'sha256'), bytes(130), fc.array(bytes(200)), (algorithm, key, messages) => {
      const keyed = keyedHmac(algorithm, key, 200);
      const into = new Uint8Array(40);
      for (const message of messages) {
        keyed.message.set(message);
        const end = keyed.into(into, 3, message.length);
        expect(Buffer.from(into.subarray(3, end))).toEqual(createHmac(algorithm, key).update(message).digest());
      }
    }),
  );
});
