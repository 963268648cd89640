import { expect, test } from 'vitest';
import { readFragment, withoutToken } from './fragment.ts';

test('the fragment carries the token and what to do with it', () => {
  const asked = readFragment('#token=a%2Bb&transport=tls&picture=camera&start');
  expect(asked).toEqual({ token: 'a+b', transport: 'tls', picture: 'camera', start: true });
});

test('an empty fragment asks for every transport, the generated picture, and waits', () => {
  expect(readFragment('')).toEqual({ token: '', transport: 'all', picture: 'generated', start: false });
});

test('only the token leaves the address bar', () => {
  expect(withoutToken('#token=t0ken&transport=tls&start')).toBe('#transport=tls&start');
  expect(withoutToken('#token=t0ken')).toBe('');
});
