import { expect, test } from 'vitest';
import { dialled, hueOf, initialsOf, nameFor } from './address.ts';

const OWN = 'alice@example.test';

test.each([
  ['bob', 'bob@example.test'],
  ['  bob@Partner.Test ', 'bob@partner.test'],
  ['sip:bob@example.test', 'bob@example.test'],
  ['sips:+4930123456@192.0.2.5', '+4930123456@192.0.2.5'],
  ['anna.kern', 'anna.kern@example.test'],
])('%s is called at %s', (typed, address) => {
  expect(dialled(typed, OWN)).toEqual({ ok: true, address });
});

test.each([
  ['', 'empty'],
  ['   ', 'empty'],
  ['bob smith', 'not-an-address'],
  ['bob@', 'not-an-address'],
  ['@example.test', 'not-an-address'],
  ['bob@a b', 'not-an-address'],
  ['bob>@example.test', 'not-an-address'],
  ['bob\r\nVia: x@example.test', 'not-an-address'],
  ['Alice', 'own-address'],
  ['sip:alice@example.test', 'own-address'],
])('%j is not called: %s', (typed, why) => {
  expect(dialled(typed, OWN)).toEqual({ ok: false, why });
});

test('the own domain goes without saying', () => {
  expect([nameFor('bob@example.test', OWN), nameFor('bob@partner.test', OWN)]).toEqual(['bob', 'bob@partner.test']);
});

test('two names are two letters', () => {
  expect(['bob@x', 'anna.kern@x', 'a-b-c@x', '+49@x'].map(initialsOf)).toEqual(['B', 'AK', 'AC', '4']);
});

test('a colour is the same whoever asks', () => {
  expect(hueOf('Bob@example.test')).toBe(hueOf('bob@example.test'));
  expect(hueOf('alice@example.test')).not.toBe(hueOf('bob@example.test'));
});
