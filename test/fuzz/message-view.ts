import { strict as assert } from 'node:assert';
import { fingerprintOf, MessageView, MessageWriter, typeOf, verifyIntegrity } from '../../src/wire/index.ts';
import { SAMPLES } from '../vectors/every-attribute.ts';

const view = new MessageView();
const again = new MessageView();
const readers = Object.values(SAMPLES).map(sample => sample.read);
const KEY = new Uint8Array(16);

/** Reads the bytes as one STUN message and every attribute with every reader, the wrong ones too; then writes what was read and reads that. */
export function fuzz(data: Uint8Array): void {
  const before = data.slice();
  const said = view.read(data, 0, data.length);
  if (said !== 'ok') {
    assert.equal(view.count, 0, `${said}, and yet attributes are listed`);
    return;
  }
  let from = 20;
  for (let index = 0; index < view.count; index++) {
    const at = view.offsetAt(index);
    assert.ok(at >= from + 4, 'attributes overlap');
    from = at + view.lengthAt(index);
    assert.ok(from <= data.length, 'a value lies beyond the message');
    for (const read of readers) read(view, index);
  }
  fingerprintOf(view);
  verifyIntegrity(view, 'sha1', KEY);
  verifyIntegrity(view, 'sha256', KEY, 16);
  assert.deepEqual(data, before, 'reading changed the bytes');
  writeAndReadAgain();
}

function writeAndReadAgain(): void {
  assert.equal(typeOf(view.method, view.class), (view.bytes[0]! << 8) | view.bytes[1]!);
  const writer = new MessageWriter(new Uint8Array(view.end), 0, view.method, view.class, view.transactionId);
  for (let index = 0; index < view.count; index++) writer.raw(view.typeAt(index), view.valueAt(index));
  assert.equal(again.read(writer.bytes, 0, writer.end), 'ok');
  assert.equal(again.count, view.count);
  for (let index = 0; index < view.count; index++) {
    assert.equal(again.typeAt(index), view.typeAt(index));
    assert.deepEqual(again.valueAt(index), view.valueAt(index));
  }
}
