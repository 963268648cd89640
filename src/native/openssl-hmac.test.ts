import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HmacHash, NodeHmac } from '../wire/index.ts';
import { loadNative, type Native } from './load.ts';
import { OpenSslHmac } from './openssl-hmac.ts';

const native = loadNative() as Native;
const MAKERS = [
  [
    'OpenSSL, called by us',
    (hash: HmacHash, longest: number) => new OpenSslHmac(native, native.openSslHashes!, hash, longest),
  ],
  ['node', (hash: HmacHash, longest: number) => new NodeHmac(hash, longest)],
] as const;

test.each(MAKERS)('%s: key after key and message after message, it is the HMAC', (_, make) => {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
  const rounds = fc.array(fc.tuple(bytes(130), fc.array(bytes(300))), { minLength: 1 });
  for (const algorithm of ['sha1', 'sha256'] as const) {
    const hmac = make(algorithm, 300);
    fc.assert(
      fc.property(rounds, keys => {
        for (const [key, messages] of keys) {
          hmac.rekey(key);
          for (const message of messages) {
            hmac.message.set(message);
            const into = new Uint8Array(40);
            const end = hmac.into(into, 5, message.length);
            expect(Buffer.from(into.subarray(5, end))).toEqual(createHmac(algorithm, key).update(message).digest());
          }
        }
      }),
    );
  }
});

test('two of them do not disturb each other', () => {
  const [one, two] = [MAKERS[0][1]('sha1', 10), MAKERS[0][1]('sha1', 10)];
  one.rekey(Buffer.from('one'));
  two.rekey(Buffer.from('two'));
  for (const [hmac, key] of [
    [one, 'one'],
    [two, 'two'],
  ] as const) {
    hmac.message.set(Buffer.from('message'));
    const into = Buffer.alloc(20);
    hmac.into(into, 0, 7);
    expect(into).toEqual(createHmac('sha1', key).update('message').digest());
  }
});
