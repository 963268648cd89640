import { expect, test } from 'vitest';
import { LIBNICE_MESSAGES } from '../../../test/vectors/libnice-messages.ts';
import { fromHex } from '../../../test/vectors/ms-turn.ts';
import { msLongTermKey, verifyMsIntegrity } from './ms-integrity.ts';
import { MsMessageView } from './ms-message-view.ts';
import { MsMessageWriter } from './ms-message-writer.ts';
import { MS_ATTRIBUTES } from './registry.ts';

const KEY = msLongTermKey('md5', Buffer.from('alice'), 'example.test', Buffer.from('wonderland'));
const UNSEALED = new Set(['allocate', 'challenge', 'dataIndication']);

test.each(Object.entries(LIBNICE_MESSAGES))(
  'captured %s is read, its integrity is right, and it is written as it was',
  (name, hex) => {
    const bytes = fromHex(hex);
    const view = new MsMessageView();
    expect(view.read(bytes, 0, bytes.length)).toBe('ok');
    expect(verifyMsIntegrity(view, 'sha1', KEY)).toBe(!UNSEALED.has(name));
    const w = new MsMessageWriter(new Uint8Array(bytes.length), 0, view.type, view.transactionId);
    for (let i = 1; i < view.count; i++) {
      const isSeal = view.typeAt(i) === MS_ATTRIBUTES.MessageIntegrity;
      if (isSeal) w.integrity(KEY);
      else w.raw(view.typeAt(i), view.valueAt(i));
    }
    expect(Buffer.from(w.message).toString('hex')).toBe(hex);
  },
);
