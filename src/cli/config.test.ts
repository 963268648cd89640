import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runSallyport as sallyport } from '../../test/testkit/run-sallyport.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const GOOD = 'external: { address: 192.0.2.1 }\ncredentials: { secrets: [north-wind], users: { alice: wonderland } }\n';
const good = file('good.yaml', GOOD);
const bad = file('bad.yaml', `${GOOD}relayports: 1-2\n`);

test('checking a good file says nothing and exits with 0', async () => {
  expect(await sallyport('config', 'check', good)).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('checking a bad file lists place, key, message and suggestion and exits with 1', async () => {
  expect(await sallyport('config', 'check', bad)).toEqual({
    code: 1,
    stdout: '',
    stderr: `${bad}:3:1 relayports: unknown key\n  did you mean relayPorts?\n`,
  });
});

test('what may be wrong is said as a warning, and is no reason to stop', async () => {
  const doubtful = file('doubtful.yaml', GOOD.replace('192.0.2.1', '10.45.16.10'));
  const { code, stderr } = await sallyport('config', 'check', doubtful);
  expect(code).toBe(0);
  expect(stderr).toContain(`${doubtful}:1:22 warning: external.address[0]: 10.45.16.10 is private`);
  expect(stderr).toContain('external.public');
  const { stdout } = await sallyport('config', 'check', doubtful, '--json');
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, problems: [], warnings: [{ key: 'external.address[0]' }] });
});

test('the result of a check can be had as JSON', async () => {
  const { code, stdout } = await sallyport('config', 'check', bad, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, problems: [{ line: 3, column: 1, key: 'relayports' }] });
  expect(JSON.parse((await sallyport('config', 'check', good, '--json')).stdout)).toMatchObject({
    ok: true,
    problems: [],
  });
});

test('a file that is not there is an error with a code', async () => {
  const { code, stderr } = await sallyport('config', 'check', join(folder, 'none.yaml'));
  expect(code).toBe(1);
  expect(stderr).toContain('SALLYPORT_CONFIG_UNREADABLE');
  expect(stderr).not.toContain('    at ');
});

test('printing writes defaults out and redacts secrets', async () => {
  const { code, stdout } = await sallyport('config', 'print', good);
  expect(code).toBe(0);
  expect(stdout).toContain('relayPorts: 50000-59999');
  expect(stdout).toContain('lifetime: 8h');
  expect(stdout).not.toMatch(/north-wind|wonderland/);
  expect(JSON.parse((await sallyport('config', 'print', good, '--json')).stdout)).toMatchObject({
    relayPorts: '50000-59999',
    credentials: { users: { alice: '(redacted)' } },
  });
});

test('printing without a file shows the built-in configuration', async () => {
  const { stdout } = await sallyport('config', 'print');
  expect(stdout).toContain('127.0.0.1');
  expect(stdout).toContain('127.0.0.0/8');
});

test('the schema is the one in docs', async () => {
  const { stdout } = await sallyport('config', 'schema');
  const docs = readFileSync(new URL('../../docs/sallyport.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(stdout)).toEqual(JSON.parse(docs));
});

test('help teaches by example', async () => {
  const { stdout } = await sallyport('config', '--help');
  expect(stdout).toContain('sallyport config check edge.yaml');
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
