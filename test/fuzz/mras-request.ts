import { strict as assert } from 'node:assert';
import { MRAS_STATUSES, readMrasRequest, readXml, writeMrasResponse } from '../../src/wire/mras/index.ts';

/** Reads the bytes as a request for credentials; whatever it says, its answer is a document that says the same ids. */
export function fuzz(data: Uint8Array): void {
  const asked = readMrasRequest(data);
  const isRefused = 'refused' in asked;
  const request = isRefused ? asked.request : asked;
  const reason = isRefused ? asked.refused : 'OK';
  assert.ok(MRAS_STATUSES[reason] >= 200);
  if (!isRefused) assert.ok(asked.credentials.length > 0 && asked.credentials.length <= 100);
  const answer = readXml(writeMrasResponse({ reason, request }));
  assert.equal(answer?.attributes.get('reasonPhrase'), reason);
  const id = request?.requestId;
  // characters that XML cannot say are left out, and blanks in attributes are the parser's
  if (id !== undefined && /^[\w.-]+$/.test(id)) assert.equal(answer?.attributes.get('requestID'), id);
}
