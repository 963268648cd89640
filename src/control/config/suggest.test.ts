import { expect, test } from 'vitest';
import { nearest } from './suggest.ts';

const keys = ['realm', 'external', 'relayPorts', 'credentials', 'admin', 'tls'];

test.each([
  ['relam', 'realm'],
  ['relayports', 'relayPorts'],
  ['relay_ports', 'relayPorts'],
  ['credential', 'credentials'],
  ['tsl', 'tls'],
])('%s is close to %s', (word, meant) => {
  expect(nearest(word, keys)).toBe(meant);
});

test.each(['listening-port', 'x', '', 'a'.repeat(10_000)])('a word that resembles nothing gets no suggestion', word => {
  expect(nearest(word, keys)).toBeUndefined();
});
