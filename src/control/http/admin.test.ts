import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { AdminEvent } from '../admin-events.ts';
import { OperatorError } from '../errors.ts';
import { type Admin, type AdminOptions, buildAdmin, type Minted, startAdmin } from './admin.ts';
import { openApi } from './openapi.ts';

const TOKEN = 'live-t0ken';
const BEARER = { authorization: `Bearer ${TOKEN}` };
const JSON_BEARER = { ...BEARER, 'content-type': 'application/json' };

const running: Admin[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(admin => admin.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

test('a credential is minted for who has the token, with iceServers ready to use', async () => {
  const { url, events } = await start();
  const answer = await post(url, { user: 'alice', lifetimeSeconds: 60 });
  expect(answer.status).toBe(201);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(await answer.json()).toEqual({
    iceServers: [{ urls: ['turn:192.0.2.1'], username: 'alice', credential: 'secret-password' }],
    username: 'alice',
    password: 'secret-password',
    expiresAt: 60_000,
    lifetimeSeconds: 60,
  });
  expect(events).toEqual([{ event: 'minted', route: '/v1/credentials', user: 'alice', lifetimeSeconds: 60 }]);
});

test('in the Microsoft dialect it is a relay token, with the relays it is for', async () => {
  const { url, events } = await start();
  const answer = await post(url, { user: 'alice', lifetimeSeconds: 60, dialect: 'ms' });
  expect(answer.status).toBe(201);
  expect(await answer.json()).toEqual({
    mediaRelays: [{ host: '192.0.2.7', udpPort: 3478 }],
    username: btoa('token of alice'),
    password: 'cGFzcw==',
    expiresAt: 2_000,
    lifetimeSeconds: 60,
  });
  expect(events).toEqual([{ event: 'minted', route: '/v1/credentials', user: 'alice', lifetimeSeconds: 60 }]);
  expect((await post(url, { user: 'alice', dialect: 'klingon' })).status).toBe(400);
});

test('a credential for the inside of the enterprise names the internal addresses, whichever way it is asked for', async () => {
  const { url } = await start();
  const ms = await (await post(url, { user: 'alice', dialect: 'ms', side: 'internal' })).json();
  expect(ms).toMatchObject({
    mediaRelays: [{ host: '10.1.0.10', udpPort: 3478 }],
    username: btoa('token of alice, inside'),
  });
  const standard = await (await post(url, { user: 'alice', side: 'internal' })).json();
  expect(standard).toMatchObject({ iceServers: [{ urls: ['turn:10.1.0.10'] }] });
  const rest = await fetch(`${url}/turn?service=turn&side=internal&key=${TOKEN}`);
  expect(await rest.json()).toMatchObject({ uris: ['turn:10.1.0.10'] });
});

test('an edge without an inside mints nothing for it', async () => {
  const { url, asked } = await start({ sides: ['external'] });
  expect((await post(url, { user: 'alice', side: 'internal' })).status).toBe(400);
  expect((await fetch(`${url}/turn?service=turn&side=internal&key=${TOKEN}`)).status).toBe(400);
  expect((await post(url, { user: 'alice', side: 'outside' })).status).toBe(400);
  expect(asked).toEqual([]);
});

test('without a lifetime the configured one counts', async () => {
  const { url } = await start();
  expect(await (await post(url, { user: 'alice' })).json()).toMatchObject({ lifetimeSeconds: 28_800 });
});

test.each([
  ['no token', {}, 'no-token'],
  ['a wrong token', { authorization: 'Bearer wrong' }, 'wrong-token'],
  ['the token as a password', { authorization: `Basic ${btoa(`a:${TOKEN}`)}` }, 'no-token'],
])('with %s nothing is minted and the refusal is told', async (_name, headers, reason) => {
  const { url, events } = await start();
  const answer = await fetch(`${url}/v1/credentials`, { method: 'POST', headers, body: '{"user":"alice"}' });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(await answer.json()).toMatchObject({ status: 401, title: 'Unauthorized' });
  expect(events).toEqual([{ event: 'refused', route: '/v1/credentials', reason, from: '127.0.0.1' }]);
});

test('the eleventh guess is answered 429, and so is the right token after it', async () => {
  const { url, events } = await start();
  const statuses: number[] = [];
  for (let i = 0; i < 11; i++) statuses.push((await fetch(`${url}/turn?service=turn&key=guess${i}`)).status);
  expect(statuses).toEqual([...Array(10).fill(401), 429]);
  const answer = await post(url, { user: 'alice' });
  expect(answer.status).toBe(429);
  expect(answer.headers.get('retry-after')).toBe('6');
  expect(events.at(-1)).toMatchObject({ event: 'refused', reason: 'too-many-failures' });
});

test.each<[string, string, number]>([
  ['no JSON', '{"user":', 400],
  ['an empty body', '', 400],
  ['a list', '[]', 400],
  ['no user', '{}', 400],
  ['an empty user', '{"user":""}', 400],
  ['a user with a newline', '{"user":"a\\nb"}', 400],
  ['a user with half a surrogate pair', '{"user":"\\ud800"}', 400],
  ['a user of 300 bytes', JSON.stringify({ user: 'é'.repeat(150) }), 400],
  ['a user that is an object', '{"user":{"a":1}}', 400],
  ['a prototype', '{"user":"a","__proto__":{"b":1}}', 400],
  ['a lifetime of 0', '{"user":"a","lifetimeSeconds":0}', 400],
  ['a lifetime above 8 hours', '{"user":"a","lifetimeSeconds":28801}', 400],
  ['a fraction of a second', '{"user":"a","lifetimeSeconds":1.5}', 400],
  ['an unknown key', '{"user":"a","secret-extra":1}', 400],
  ['a large body', JSON.stringify({ user: 'a'.repeat(5000) }), 413],
])('a request with %s is refused with a reason and nothing of the request', async (_name, body, status) => {
  const { url, events } = await start();
  const answer = await fetch(`${url}/v1/credentials`, { method: 'POST', headers: JSON_BEARER, body });
  expect(answer.status).toBe(status);
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ status, detail: expect.stringMatching(/./) });
  expect(text).not.toMatch(/secret-extra|at .*\.ts|node_modules/);
  expect(events).toEqual([{ event: 'refused', route: '/v1/credentials', reason: 'bad-request', from: '127.0.0.1' }]);
});

test('a body that does not say that it is JSON is refused', async () => {
  const { url } = await start();
  const headers = { ...BEARER, 'content-type': 'text/plain' };
  expect((await fetch(`${url}/v1/credentials`, { method: 'POST', headers, body: '{"user":"a"}' })).status).toBe(415);
});

test.each([
  ['with the token in the header', '/turn?service=turn&username=bob', BEARER],
  ['with the token as key, as the draft has it', `/turn?service=turn&username=bob&key=${TOKEN}`, {}],
])('the TURN REST draft is served %s', async (_name, path, headers) => {
  const { url, events } = await start();
  const answer = await fetch(url + path, { headers });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    username: 'bob',
    password: 'secret-password',
    ttl: 28_800,
    uris: [`turn:${new URL(url).host}`],
  });
  expect(JSON.stringify(events)).not.toContain(TOKEN);
});

test('the TURN REST draft lets the username be absent, but not the service', async () => {
  const { url, asked } = await start();
  expect((await fetch(`${url}/turn?service=turn`, { headers: BEARER })).status).toBe(200);
  expect(asked).toEqual(['']);
  expect((await fetch(`${url}/turn?username=bob`, { headers: BEARER })).status).toBe(400);
  expect((await fetch(`${url}/turn?service=turn&username=a&username=b`, { headers: BEARER })).status).toBe(400);
});

test('when there is no secret to mint with, the answer is 409 and says so', async () => {
  const { url } = await start({
    mint: () => {
      throw new OperatorError('SALLYPORT_NO_SECRET', 'credentials need a secret', 'add one');
    },
  });
  const answer = await post(url, { user: 'alice' });
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ status: 409, detail: 'credentials need a secret' });
});

test('health, readiness and metrics need no token', async () => {
  const { url } = await start();
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'live' });
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true, checks: { udp: 'relayed' } }]);
  const metrics = await fetch(`${url}/metrics`);
  expect(metrics.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(await metrics.text()).toBe('sallyport_allocations 0\n');
});

test('an edge that relays nothing is not ready, and the failing check is named', async () => {
  const { url } = await start({ ready: async () => ({ ready: false, checks: { udp: 'no answer to Allocate' } }) });
  const answer = await fetch(`${url}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ ready: false, checks: { udp: 'no answer to Allocate' } });
});

test('a readiness check that fails itself is a 503 and not a crash', async () => {
  const { url, events } = await start({ ready: () => Promise.reject(new Error('inner-detail')) });
  const answer = await fetch(`${url}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.text()).not.toContain('inner-detail');
  expect(events).toEqual([{ event: 'failed', route: '/readyz', error: new Error('inner-detail') }]);
});

test('many who ask for readiness at once cause one check', async () => {
  let checks = 0;
  let finish = () => {};
  const gate = new Promise<void>(resolve => {
    finish = resolve;
  });
  const ready = async () => {
    checks++;
    await gate;
    return { ready: true, checks: {} };
  };
  const { url } = await start({ ready });
  const answers = Array.from({ length: 20 }, () => fetch(`${url}/readyz`));
  await new Promise(resolve => setTimeout(resolve, 200));
  finish();
  expect((await Promise.all(answers)).every(a => a.status === 200)).toBe(true);
  expect(checks).toBe(1);
});

test('a mistake of ours is answered 500 without its text, which the log gets', async () => {
  const { url, events } = await start({
    mint: () => {
      throw new Error('inner-detail');
    },
  });
  const answer = await post(url, { user: 'alice' });
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('inner-detail');
  expect(events).toEqual([{ event: 'failed', route: '/v1/credentials', error: new Error('inner-detail') }]);
});

test.each(['/nothing', '/v1', '/v1/credentials/', '/v1/credentials'])('GET %s is a 404 in JSON', async path => {
  const { url } = await start({ pages: pages() });
  const answer = await fetch(url + path);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ status: 404 });
});

test('without built pages the root says how to make them', async () => {
  const { url } = await start();
  const answer = await fetch(url);
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('npm run build:web');
});

test('the call page and its files are served under a strict content security policy', async () => {
  const { url } = await start({ pages: pages() });
  const page = await fetch(url);
  expect(await page.text()).toBe('<p>call</p>');
  expect(page.headers.get('content-type')).toContain('text/html');
  const policy = page.headers.get('content-security-policy');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await (await fetch(`${url}/assets/app.js`)).text()).toBe('call()');
});

test.each([
  '/../outside.txt',
  '/assets/../../outside.txt',
  '/%2e%2e/outside.txt',
  '/..%2foutside.txt',
  '/assets/..%5c..%5coutside.txt',
  '//outside.txt',
  '/.hidden',
  '/%00',
  '/assets/',
])('%s leads to no file', async path => {
  const { admin } = await start({ pages: pages() });
  const answer = await raw(admin.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 (?:400|403|404) /);
  expect(answer).not.toContain('outside');
});

test('a client that sends its request slower than it may is cut off', async () => {
  const { admin } = await start();
  const started = performance.now();
  await raw(admin.port, 'GET /healthz HTTP/1.1\r\nHost: ');
  expect(performance.now() - started).toBeLessThan(9000);
});

test('closing ends open connections at once', async () => {
  const { admin } = await start();
  const answer = raw(admin.port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await new Promise(resolve => setTimeout(resolve, 50));
  await admin.close();
  expect(await answer).toContain('200 OK');
});

test('a port that is taken rejects with the error of the socket', async () => {
  const { admin } = await start();
  await expect(startAdmin({ ...options([]), port: admin.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('the API describes itself: every route, and no other', async () => {
  const routes: string[] = [];
  const app = buildAdmin(options([]), (method, url) => routes.push(`${method} ${url}`));
  await app.ready();
  await app.close();
  const served = routes.filter(route => !route.startsWith('HEAD ') && route !== 'GET /').sort();
  const { paths } = openApi('0');
  const described = Object.entries(paths).flatMap(([url, methods]) =>
    Object.keys(methods).map(method => `${method.toUpperCase()} ${url}`),
  );
  expect(served).toEqual(described.sort());
});

test('a page is told where to sign in, may go there, and is told of none where there is none', async () => {
  const none = await start({ pages: pages() });
  expect((await fetch(`${none.url}/v1/access`)).status).toBe(204);
  expect((await fetch(none.url)).headers.get('content-security-policy')).toContain("connect-src 'self';");
  const access = { domain: 'example.test', webSocket: 'wss://sip.example.test:8443/' };
  const { url } = await start({ pages: pages(), access: () => access });
  expect(await (await fetch(`${url}/v1/access`)).json()).toEqual(access);
  expect((await fetch(url)).headers.get('content-security-policy')).toContain(
    "connect-src 'self' wss://sip.example.test:8443 https://sip.example.test:8443;",
  );
});

test('docs/openapi.json is the document that is served', async () => {
  const { url } = await start();
  const served = await (await fetch(`${url}/v1/openapi.json`)).json();
  const copy = readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8');
  expect(JSON.parse(copy), 'copy /v1/openapi.json to docs/openapi.json').toEqual(served);
});

async function start(changes: Partial<AdminOptions> = {}) {
  const events: AdminEvent[] = [];
  const asked: string[] = [];
  const base = options(events);
  const mint = (user: string, seconds: number | undefined) => {
    asked.push(user);
    return base.mint(user, seconds);
  };
  const admin = await startAdmin({ ...base, mint, ...changes });
  running.push(admin);
  return { admin, url: `http://127.0.0.1:${admin.port}`, events, asked };
}

function options(events: AdminEvent[]): AdminOptions {
  return {
    address: '127.0.0.1',
    port: 0,
    token: TOKEN,
    version: '0.1.0',
    sides: ['external', 'internal'],
    mintRelayToken: (user, seconds = 28_800, side): Minted => ({
      username: Buffer.from(`token of ${user}${side === 'internal' ? ', inside' : ''}`).toString('base64'),
      password: 'cGFzcw==',
      expiresAt: 2_000,
      lifetimeSeconds: seconds,
    }),
    mediaRelays: side => [{ host: side === 'internal' ? '10.1.0.10' : '192.0.2.7', udpPort: 3478 }],
    mint: (user, seconds = 28_800): Minted => ({
      username: user,
      password: 'secret-password',
      expiresAt: seconds * 1000,
      lifetimeSeconds: seconds,
    }),
    uris: (side, host) => [side === 'internal' ? 'turn:10.1.0.10' : `turn:${host}`],
    iceServers: ({ username, password }, side) => [
      { urls: [side === 'internal' ? 'turn:10.1.0.10' : 'turn:192.0.2.1'], username, credential: password },
    ],
    metrics: async () => 'sallyport_allocations 0\n',
    ready: async () => ({ ready: true, checks: { udp: 'relayed' } }),
    access: () => undefined,
    pages: undefined,
    log: event => events.push(event),
    now: () => 0,
  };
}

function post(url: string, body: object): Promise<Response> {
  return fetch(`${url}/v1/credentials`, { method: 'POST', headers: JSON_BEARER, body: JSON.stringify(body) });
}

/** A folder of pages with a file outside it that nobody may get. */
function pages(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pages-'));
  folders.push(folder);
  mkdirSync(join(folder, 'web', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'outside.txt'), 'outside');
  writeFileSync(join(folder, 'web', 'index.html'), '<p>call</p>');
  writeFileSync(join(folder, 'web', '.hidden'), 'outside');
  writeFileSync(join(folder, 'web', 'assets', 'app.js'), 'call()');
  return join(folder, 'web');
}

/** Sends bytes as they are and returns all that comes until the other side closes. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', chunk => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', error => ('code' in error && error.code === 'ECONNRESET' ? resolve(text) : reject(error)));
  });
}
