import { strict as assert } from 'node:assert';
import {
  AddressBuffer,
  isMsConnection,
  isMsTurn,
  MsMessageView,
  MsMessageWriter,
  readErrorCode,
  readMsSequenceNumber,
  readMsXorAddress,
  readPlainAddress,
  readText,
  readUint32,
  verifyMsIntegrity,
} from '../../src/wire/index.ts';

const view = new MsMessageView();
const again = new MsMessageView();
const into = new AddressBuffer();
const KEY = new Uint8Array(16);

/** Reads the bytes as one message of the Microsoft dialect and every attribute with every reader; then writes what was read and reads that. */
export function fuzz(data: Uint8Array): void {
  const before = data.slice();
  const said = view.read(data, 0, data.length);
  assert.equal(said !== 'not-ms-turn', isMsTurn(data, 0, data.length));
  if (said !== 'ok') {
    assert.equal(view.count, 0, `${said}, and yet attributes are listed`);
    return;
  }
  for (let index = -1; index < view.count; index++) readEverything(index);
  verifyMsIntegrity(view, 'sha1', KEY);
  verifyMsIntegrity(view, 'sha256', KEY);
  assert.deepEqual(data, before, 'reading changed the bytes');
  writeAndReadAgain();
}

function readEverything(index: number): void {
  readPlainAddress(view, index, into);
  readMsXorAddress(view, index, into);
  readErrorCode(view, index);
  readText(view, index);
  readUint32(view, index);
  if (readMsSequenceNumber(view, index) !== undefined) isMsConnection(view, index, KEY);
  if (index >= 0) assert.ok(view.offsetAt(index) + view.lengthAt(index) <= view.end, 'a value lies beyond the message');
}

function writeAndReadAgain(): void {
  const writer = new MsMessageWriter(new Uint8Array(view.end), 0, view.type, view.transactionId);
  for (let index = 1; index < view.count; index++) writer.raw(view.typeAt(index), view.valueAt(index));
  const isWhole = writer.end === view.end;
  if (isWhole) assert.deepEqual(writer.message, view.bytes.subarray(0, view.end), 'written otherwise than read');
  assert.equal(again.read(writer.bytes, 0, writer.end), 'ok');
  assert.equal(again.count, view.count);
}
