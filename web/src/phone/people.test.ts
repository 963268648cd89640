import { expect, test } from 'vitest';
import { matching, type People, peopleText, REMEMBERED, readPeople, withCall, without, withPin } from './people.ts';

const names = (people: People) => people.map(({ address }) => address.split('@')[0]);
const called = (...addresses: string[]) =>
  addresses.reduce<People>((people, name, at) => withCall(people, `${name}@example.test`, 'made', at), []);

test('who was called last comes first, and once', () => {
  expect(names(called('bob', 'carol', 'bob'))).toEqual(['bob', 'carol']);
});

test('who is pinned stays on top, also through the next call', () => {
  const pinned = withPin(called('bob', 'carol', 'dave'), 'bob@example.test', true);
  expect(names(withCall(pinned, 'carol@example.test', 'missed', 9))).toEqual(['bob', 'carol', 'dave']);
  expect(withCall(pinned, 'bob@example.test', 'taken', 9)[0]).toMatchObject({ isPinned: true, lastKind: 'taken' });
});

test('the oldest are forgotten, the pinned are not', () => {
  const many = Array.from({ length: REMEMBERED + 5 }, (_, index) => `user${index}`);
  const kept = withPin(called('friend'), 'friend@example.test', true);
  const people = many.reduce((before, name, at) => withCall(before, `${name}@example.test`, 'made', at + 1), kept);
  expect(people).toHaveLength(REMEMBERED + 1);
  expect(names(people)[0]).toBe('friend');
});

test('what is typed finds beginnings before middles', () => {
  expect(names(matching(called('jacob', 'bob', 'alice'), 'B'))).toEqual(['bob', 'jacob']);
  expect(names(matching(called('jacob', 'bob'), ' '))).toEqual(['bob', 'jacob']);
});

test('the list survives storage, and nothing else does', () => {
  const people = without(called('bob', 'carol'), 'carol@example.test');
  expect(readPeople(peopleText(people))).toEqual(people);
  expect(readPeople(JSON.stringify([...people, { address: 'x' }, null, 7]))).toEqual(people);
  for (const text of [null, '', '{', '{"a":1}', '7']) expect(readPeople(text)).toEqual([]);
});
