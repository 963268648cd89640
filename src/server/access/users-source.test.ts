import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { newUsersText, textWithoutUser, textWithUser } from '../../credentials/sip/index.ts';
import { readOrMakeUsersFile, readUsersFile, writeUsersFile } from '../users-file.ts';
import { UsersSource } from './users-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'users-source-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a file that changes is read again: new users are known, who is gone is told, a broken file changes nothing', async () => {
  const file = join(folder, 'users.yaml');
  writeFileSync(file, newUsersText('example.test'));
  const add = (name: string, password: string) =>
    writeUsersFile(file, textWithUser(readOrMakeUsersFile(file, undefined), { name, password }));
  add('alice', 'one');
  add('bob', 'two');
  const gone: string[] = [];
  const broken: Error[] = [];
  const source = new UsersSource(file, 20, {
    onGone: records => gone.push(...records),
    onBroken: why => broken.push(why),
  });
  add('carol', 'three');
  await expect.poll(() => source.users.size).toBe(3);
  expect(gone).toEqual([]);
  add('bob', 'other');
  await expect.poll(() => gone).toEqual(['sip:bob@example.test']);
  writeUsersFile(file, textWithoutUser(readUsersFile(file), 'alice'));
  await expect.poll(() => gone).toEqual(['sip:bob@example.test', 'sip:alice@example.test']);
  writeFileSync(file, 'users: [');
  await expect.poll(() => broken.length).toBe(1);
  writeFileSync(file, newUsersText('other.test'));
  await expect.poll(() => broken.length).toBe(2);
  expect(source.users.size).toBe(2);
  source.stop();
});

test('a file that cannot be used at the start is an error with its line', () => {
  const file = join(folder, 'broken.yaml');
  writeFileSync(file, 'domain: example.test\nusers: { alice: {} }\n');
  expect(() => new UsersSource(file, 20, { onGone() {}, onBroken() {} })).toThrow(
    /broken\.yaml:2 users\.alice\.hashes/,
  );
});
