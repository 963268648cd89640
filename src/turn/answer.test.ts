import { expect, test } from 'vitest';
import { CLASSES, METHODS, MessageView, MessageWriter } from '../wire/index.ts';
import { Answer } from './answer.ts';
import type { Client } from './questions.ts';
import type { Request } from './request.ts';

const ID = new Uint8Array(12).fill(7);

/** A request in bytes that others will write to, as node hands them over on streams. */
function requestIn(bytes: Buffer): Request {
  const { end } = new MessageWriter(bytes, 0, METHODS.Allocate, CLASSES.request, ID);
  const view = new MessageView();
  expect(view.read(bytes, 0, end)).toBe('ok');
  return { client: { id: 1 } as Client, view, now: 0, fingerprint: false };
}

test("an answer that is kept is its request's, whatever happens to the request's bytes", () => {
  const bytes = Buffer.alloc(64);
  const answer = new Answer(requestIn(bytes), undefined);
  bytes.fill(0xff);
  expect(answer.succeed().subarray(8, 20)).toEqual(ID);
});

test('an answer is not changed by the next one', () => {
  const answer = new Answer(requestIn(Buffer.alloc(64)), undefined);
  const first = answer.error(400, 'Bad Request');
  const copy = Uint8Array.from(first);
  answer.error(486, 'Another phrase');
  expect(first).toEqual(copy);
});
