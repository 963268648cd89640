import { expect, test } from 'vitest';
import { Attempts } from './attempts.ts';

const UDP = 'turn:a:3478?transport=udp';
const TLS = 'turns:a:5349?transport=tcp';

test('an address that gave a relay says which and how fast', () => {
  const book = began();
  book.relayed(UDP, '192.0.2.1:50000', 120);
  expect(book.rows[0]).toMatchObject({ outcome: 'relayed', relay: '192.0.2.1:50000', tookMs: 20 });
  expect(book.rows[1]).toMatchObject({ outcome: 'waiting' });
});

test('a success is not undone by a later error of the same name', () => {
  const book = began();
  book.relayed(UDP, '192.0.2.1:50000', 120);
  book.refused(UDP, 701, 'timed out', 9_000);
  expect(book.rows[0]).toMatchObject({ outcome: 'relayed', tookMs: 20 });
});

test('a quota that only the second peer met is kept beside the success of the first', () => {
  const book = began();
  book.relayed(UDP, '192.0.2.1:50000', 120);
  book.refused(UDP, 486, 'Allocation Quota Reached', 130);
  expect(book.rows[0]).toMatchObject({ outcome: 'relayed', errorCode: 486 });
});

test('a success after an error counts', () => {
  const book = began();
  book.refused(UDP, 701, 'timed out', 120);
  book.relayed(UDP, '192.0.2.1:50000', 130);
  expect(book.rows[0]).toMatchObject({ outcome: 'relayed' });
});

test('a code the relay spoke is not replaced by a timeout', () => {
  const book = began();
  book.refused(UDP, 401, 'Unauthorized', 110);
  book.refused(UDP, 701, 'timed out', 9_000);
  expect(book.rows[0]).toMatchObject({ outcome: 'failed', errorCode: 401, tookMs: 10 });
});

test('what still waits when gathering ends has failed without a word', () => {
  const book = began();
  book.finish([TLS], 200);
  expect(book.rows.map(row => row.outcome)).toEqual(['waiting', 'failed']);
});

test('an answer without an address is that of the one that waits', () => {
  const book = began();
  book.relayed(UDP, '192.0.2.1:50000', 120);
  book.relayed('', '192.0.2.1:50001', 130);
  expect(book.rows[1]).toMatchObject({ outcome: 'relayed', relay: '192.0.2.1:50001' });
});

test('addresses that were not begun are not tried', () => {
  expect(new Attempts([UDP]).rows[0]).toMatchObject({ outcome: 'not-tried', transport: 'udp' });
});

function began(): Attempts {
  const book = new Attempts([UDP, TLS]);
  book.begin([UDP, TLS], 100);
  return book;
}
