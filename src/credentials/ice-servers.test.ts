import { expect, test } from 'vitest';
import type { MintedCredential } from './credential.ts';
import { iceServers, turnRest } from './ice-servers.ts';

const minted: MintedCredential = {
  username: '1700028800:alice',
  password: 'OeGh=',
  expiresAt: 1_700_028_800_000,
  lifetimeSeconds: 28_800,
};
const hosts = [
  { host: 'turn.example.test', udp: [3478], tcp: [3478, 443], tls: [443] },
  { host: '2001:db8::7', udp: [3478], tcp: [], tls: [5349] },
];
const TURN_URIS = [
  'turn:turn.example.test:3478?transport=udp',
  'turn:[2001:db8::7]:3478?transport=udp',
  'turn:turn.example.test:3478?transport=tcp',
  'turn:turn.example.test:443?transport=tcp',
  'turns:turn.example.test:443?transport=tcp',
  'turns:[2001:db8::7]:5349?transport=tcp',
];

test('a browser is given every way in, with the password where one is needed', () => {
  expect(iceServers(minted, hosts)).toEqual([
    { urls: ['stun:turn.example.test:3478', 'stun:[2001:db8::7]:3478'] },
    { urls: TURN_URIS, username: '1700028800:alice', credential: 'OeGh=' },
  ]);
});

test('no server is listed without a URL, at which browsers throw', () => {
  expect(iceServers(minted, [{ host: '192.0.2.7', udp: [], tcp: [], tls: [443] }])).toEqual([
    { urls: ['turns:192.0.2.7:443?transport=tcp'], username: '1700028800:alice', credential: 'OeGh=' },
  ]);
  expect(iceServers(minted, [])).toEqual([]);
});

test('the TURN REST draft is answered in its own shape', () => {
  expect(turnRest(minted, hosts)).toEqual({
    username: '1700028800:alice',
    password: 'OeGh=',
    ttl: 28_800,
    uris: TURN_URIS,
  });
});
