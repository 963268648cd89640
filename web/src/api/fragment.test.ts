import { expect, test } from 'vitest';
import { readFragment, withoutSecrets } from './fragment.ts';

const NOTHING = {
  token: '',
  tab: '',
  user: '',
  password: '',
  call: '',
  relayOnly: false,
  transport: 'all',
  picture: '',
  start: false,
};

test('the fragment carries the token and what to do with it', () => {
  const asked = readFragment('#token=a%2Bb&transport=tls&picture=camera&start');
  expect(asked).toEqual({ ...NOTHING, token: 'a+b', transport: 'tls', picture: 'camera', start: true });
});

test('a user is for the phone', () => {
  const asked = readFragment('#user=alice&password=p%26q&call=bob&relay-only');
  expect(asked).toEqual({ ...NOTHING, tab: 'phone', user: 'alice', password: 'p&q', call: 'bob', relayOnly: true });
});

test('an empty fragment asks for every transport, and waits', () => {
  expect(readFragment('')).toEqual(NOTHING);
});

test('only secrets leave the address bar', () => {
  expect(withoutSecrets('#token=t0ken&transport=tls&start')).toBe('#transport=tls&start');
  expect(withoutSecrets('#token=t0ken')).toBe('');
  expect(withoutSecrets('#user=alice&password=p%26q&relay-only')).toBe('#user=alice&relay-only');
});
