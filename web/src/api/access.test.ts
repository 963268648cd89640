import { expect, test } from 'vitest';
import { httpOf, isServedBy, readAccess, readSipLogin, signInRefusalOf } from './access.ts';

const ACCESS = { domain: 'example.test', webSocket: 'wss://sip.example.test:8443/' };

test('what is not an Access Edge is none', () => {
  expect(readAccess(ACCESS)).toEqual(ACCESS);
  for (const body of [null, {}, { ...ACCESS, domain: '' }, { ...ACCESS, webSocket: 'http://x/' }, { domain: 'x' }]) {
    expect(readAccess(body)).toBeNull();
  }
});

test('one port is spoken to by both', () => {
  expect(httpOf(ACCESS, '/v1/access/credentials').href).toBe('https://sip.example.test:8443/v1/access/credentials');
  expect(httpOf({ ...ACCESS, webSocket: 'ws://[::1]:8090' }, '/a').href).toBe('http://[::1]:8090/a');
  expect(isServedBy(ACCESS, { host: 'sip.example.test:8443' } as Location)).toBe(true);
  expect(isServedBy(ACCESS, { host: '127.0.0.1:8080' } as Location)).toBe(false);
});

test('each refusal has a name', () => {
  expect([401, 403, 429, 409, 500, 404].map(signInRefusalOf)).toEqual([
    'password-wrong',
    'not-from-here',
    'locked-out',
    'no-credentials',
    'edge-failed',
    'edge-failed',
  ]);
});

test('what signs in over SIP is taken from the answer, if it is there as a whole', () => {
  const sip = { user: '1795292293.alice', password: 'p' };
  expect(readSipLogin({ sip: { ...sip, expiresAt: 1 } })).toEqual(sip);
  for (const body of [null, {}, { sip: null }, { sip: { user: 'alice' } }, { sip: { ...sip, password: 1 } }])
    expect(readSipLogin(body)).toBeNull();
});
