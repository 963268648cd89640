import { expect, test } from 'vitest';
import { readTurnUrl, sameTurnUrl, serversFor, urlsOf } from './turn-url.ts';

const servers = [
  {
    urls: ['turn:a:3478?transport=udp', 'turn:a:3478?transport=tcp', 'turns:a:5349?transport=tcp', 'stun:a:3478'],
    username: 'u',
    credential: 'c',
  },
];

test('the scheme and the transport parameter name the transport', () => {
  expect(readTurnUrl('turn:a:1?transport=udp')).toEqual({ host: 'a', port: 1, transport: 'udp' });
  expect(readTurnUrl('turn:a:1?transport=tcp')).toEqual({ host: 'a', port: 1, transport: 'tcp' });
  expect(readTurnUrl('turns:a:1?transport=tcp')).toEqual({ host: 'a', port: 1, transport: 'tls' });
});

test('defaults are those of RFC 7065 and RFC 5928', () => {
  expect(readTurnUrl('turn:a')).toEqual({ host: 'a', port: 3478, transport: 'udp' });
  expect(readTurnUrl('turns:[::1]')).toEqual({ host: '[::1]', port: 5349, transport: 'tls' });
});

test('what is no TURN address is none', () => {
  expect(readTurnUrl('stun:a:3478')).toBeNull();
  expect(readTurnUrl('https://a')).toBeNull();
});

test('two spellings of one address are one path', () => {
  expect(sameTurnUrl('turn:a', 'turn:a:3478?transport=udp')).toBe(true);
  expect(sameTurnUrl('turn:a?transport=tcp', 'turn:a')).toBe(false);
});

test('a choice keeps the addresses of its transport', () => {
  expect(urlsOf(serversFor(servers, 'tls'))).toEqual(['turns:a:5349?transport=tcp']);
  expect(urlsOf(serversFor(servers, 'tcp'))).toEqual(['turn:a:3478?transport=tcp']);
  expect(urlsOf(serversFor(servers, 'all'))).toHaveLength(3);
});

test('a server without an address of that transport is left out', () => {
  expect(serversFor([{ urls: ['turn:a'], username: 'u', credential: 'c' }], 'tls')).toEqual([]);
});
