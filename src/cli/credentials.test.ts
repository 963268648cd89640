import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runSallyport as sallyport } from '../../test/testkit/run-sallyport.ts';
import { Credentials } from '../credentials/index.ts';
import { msLongTermKey } from '../wire/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
afterAll(() => rmSync(folder, { recursive: true }));

const edge = file(
  'edge.yaml',
  'external: { address: [192.0.2.1, "2001:db8::1"], udp: 3478, tcp: [3478, 443] }\ncredentials: { secrets: [file:secret, other], lifetime: 2h }\n',
);
file('secret', 'north-wind\n');

test('what is printed are iceServers that the first secret vouches for', async () => {
  const { code, stdout, stderr } = await sallyport('credentials', '--user', 'alice', '--config', edge);
  expect(code).toBe(0);
  const servers: { urls: string[]; username?: string; credential?: string }[] = JSON.parse(stdout);
  const turn = servers.find(server => server.username !== undefined);
  expect(turn?.username).toMatch(/^\d+:alice$/);
  expect(turn?.credential).toBe(createHmac('sha1', 'north-wind').update(turn!.username!).digest('base64'));
  expect(turn?.urls).toContain('turn:192.0.2.1:3478?transport=udp');
  expect(turn?.urls).toContain('turn:[2001:db8::1]:443?transport=tcp');
  expect(turn?.urls).toContain('turns:192.0.2.1:443?transport=tcp');
  expect(stderr).toContain('valid for 2h');
  expect(stdout + stderr).not.toContain('north-wind');
});

test('a lifetime may be asked for below the configured one, and is cut to it above', async () => {
  const lifetimeOf = async (lifetime: string) => {
    const { stdout } = await sallyport('credentials', '-u', 'a', '-l', lifetime, '-c', edge, '--json');
    return JSON.parse(stdout).lifetimeSeconds;
  };
  expect(await lifetimeOf('90s')).toBe(90);
  expect(await lifetimeOf('8h')).toBe(7200);
});

test('as JSON there are username, password, expiry and iceServers', async () => {
  const before = Date.now();
  const { stdout } = await sallyport('credentials', '--user', 'alice', '--config', edge, '--json');
  const credential = JSON.parse(stdout);
  expect(credential).toMatchObject({ username: expect.stringMatching(/:alice$/), lifetimeSeconds: 7200 });
  expect(Date.parse(credential.expires)).toBe(credential.expiresAt);
  expect(credential.expiresAt).toBeGreaterThan(before + 7_100_000);
  expect(credential.iceServers).not.toEqual([]);
});

test('in the Microsoft dialect it is a relay token, which an edge with the secret takes', async () => {
  const { stdout, stderr } = await sallyport('credentials', '--user', 'alice', '--config', edge, '--dialect', 'ms');
  const { username, password, mediaRelays } = JSON.parse(stdout);
  expect(mediaRelays).toEqual([{ host: '192.0.2.1', udpPort: 3478 }]);
  const credentials = new Credentials({ realm: 'r', secrets: ['north-wind'], users: {}, lifetimeSeconds: 7200 });
  const [name, word] = [username, password].map(text => Uint8Array.from(Buffer.from(text, 'base64')));
  expect(credentials.findByBytes(name!, 'external', Date.now())).toMatchObject({
    identity: 'alice',
    keys: [msLongTermKey('md5', name!, 'r', word!)],
  });
  expect(stderr).toContain('valid for 2h');
});

test.each([
  ['a lifetime that is no duration', ['--user', 'a', '--lifetime', 'soon', '--config', edge], 'SALLYPORT_USAGE'],
  ['no configuration', ['--user', 'a'], 'SALLYPORT_USAGE'],
  ['a broken configuration', ['--user', 'a', '--config', file('bad.yaml', 'a: 1')], 'SALLYPORT_CONFIG_INVALID'],
  [
    'only static users',
    [
      '--user',
      'a',
      '--config',
      file('static.yaml', 'external: { address: 192.0.2.1 }\ncredentials: { users: { a: b } }'),
    ],
    'SALLYPORT_NO_SECRET',
  ],
  [
    'a secret that is not there',
    [
      '--user',
      'a',
      '--config',
      file('env.yaml', 'external: { address: 192.0.2.1 }\ncredentials: { secrets: ["env:NOT_SET_ANYWHERE"] }'),
    ],
    'SALLYPORT_SECRET_MISSING',
  ],
])('with %s nothing is minted and the error has a code and a remedy', async (_name, args, code) => {
  const { code: exit, stdout, stderr } = await sallyport('credentials', ...args);
  expect(exit).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain(code);
  expect(stderr).not.toContain('    at ');
});

test('help teaches by example', async () => {
  const { stdout } = await sallyport('credentials', '--help');
  expect(stdout).toContain('sallyport credentials --user alice --lifetime 1h --config edge.yaml');
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('for a client inside the enterprise it is good at the internal address, and in the Microsoft dialect nowhere else', async () => {
  const file = join(folder, 'two-sides.yaml');
  writeFileSync(
    file,
    'external: { address: 192.0.2.1, public: 198.51.100.1, tcp: [] }\n' +
      'internal: { address: 10.1.0.10, networks: [10.1.0.0/16], tcp: [] }\ncredentials: { secrets: [north-wind] }\n',
  );
  const mint = async (...more: string[]) =>
    JSON.parse((await sallyport('credentials', '--user', 'alice', '--config', file, ...more)).stdout);
  expect((await mint('--side', 'internal'))[0].urls).toEqual(['stun:10.1.0.10:3478']);
  expect((await mint())[0].urls).toEqual(['stun:198.51.100.1:3478']);
  const { username, mediaRelays } = await mint('--side', 'internal', '--dialect', 'ms');
  expect(mediaRelays).toEqual([{ host: '10.1.0.10', udpPort: 3478 }]);
  const credentials = new Credentials({ realm: 'r', secrets: ['north-wind'], users: {}, lifetimeSeconds: 7200 });
  const name = Uint8Array.from(Buffer.from(username, 'base64'));
  expect(credentials.findByBytes(name, 'internal', Date.now())).toMatchObject({ identity: 'alice' });
  expect(credentials.findByBytes(name, 'external', Date.now())).toBe('wrong-side');
});

test('an edge without an inside has no credentials for it', async () => {
  const { stderr, code } = await sallyport('credentials', '--user', 'alice', '--config', edge, '--side', 'internal');
  expect(stderr).toContain('no internal side');
  expect(code).not.toBe(0);
});
