import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runSallyport as sallyport } from '../../test/testkit/run-sallyport.ts';

const folder = mkdtempSync(join(tmpdir(), 'users-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('users are added, listed, checked and removed', async () => {
  const file = join(folder, 'users.yaml');
  const password = join(folder, 'password');
  writeFileSync(password, 'builder\n');
  const at = ['--file', file];
  const alice = await sallyport('users', 'add', 'alice', '--domain', 'example.test', ...at);
  expect(alice).toMatchObject({ code: 0, stderr: '' });
  const [, made] = /^password: (\S{16})$/m.exec(alice.stdout)!;
  expect(readFileSync(file, 'utf8')).not.toContain(made);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const bob = [
    'add',
    'bob',
    '--password',
    `file:${password}`,
    '--alias',
    'sip:bobby@example.test',
    '--side',
    'internal',
    '--sha256',
  ];
  expect(await sallyport('users', ...bob, ...at)).toMatchObject({
    code: 0,
    stdout: `added sip:bob@example.test in ${file}\n`,
  });
  expect((await sallyport('users', 'list', ...at)).stdout).toBe(
    'sip:alice@example.test  any  MD5\nsip:bob@example.test  internal  SHA-256  sip:bobby@example.test\n',
  );
  expect(JSON.parse((await sallyport('users', 'list', '--json', ...at)).stdout)).toHaveLength(2);
  expect(await sallyport('users', 'check', ...at)).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await sallyport('users', 'check', 'bob', '--password', `file:${password}`, ...at)).toMatchObject({ code: 0 });
  writeFileSync(password, 'guess');
  expect(await sallyport('users', 'check', 'bob', '--password', `file:${password}`, ...at)).toMatchObject({
    code: 1,
    stdout: 'wrong password\n',
  });
  expect(await sallyport('users', 'remove', 'alice', ...at)).toMatchObject({ code: 0 });
  expect((await sallyport('users', 'list', ...at)).stdout).not.toContain('alice');
});

test.each([
  ['a file that is not there', ['list'], 'SALLYPORT_USERS_UNREADABLE'],
  ['the first user without a domain', ['add', 'alice'], 'users belong to a domain'],
  ['a password in the arguments', ['add', 'alice', '--domain', 'example.test', '--password', 'secret'], 'is no secret'],
  ['a name that cannot be one', ['add', 'Alice', '--domain', 'example.test'], 'users'],
  ['an empty password', ['add', 'alice', '--domain', 'example.test', '--password', 'env:NOT_THERE'], 'empty'],
])('%s is refused with a remedy', async (_, args, said) => {
  const file = join(folder, 'none.yaml');
  const { code, stderr } = await sallyport('users', ...args, '--file', file);
  expect(code).toBe(1);
  expect(stderr).toContain(said);
  expect(stderr).not.toContain('    at ');
  expect(existsSync(file)).toBe(false);
});

test('a file that was broken by hand is named with its line', async () => {
  const file = join(folder, 'broken.yaml');
  writeFileSync(file, 'domain: example.test\nusers: { alice: { side: left } }\n');
  const { code, stderr } = await sallyport('users', 'check', '--file', file);
  expect(code).toBe(1);
  expect(stderr).toMatch(/broken\.yaml:2 users\.alice\.side: .*\n[\s\S]*SALLYPORT_USERS_INVALID/);
});
