import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runSallyport as sallyport } from '../../test/testkit/run-sallyport.ts';
import { TOPOLOGIES } from '../../test/testkit/topologies.ts';

const folder = mkdtempSync(join(tmpdir(), 'firewall-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lync = file('lync.yaml', TOPOLOGIES.lync);
const users = file('users.yaml', TOPOLOGIES['remote-users']);

test('a plan says what to open, for whom and why, and what NAT and DNS need', async () => {
  const { code, stdout, stderr } = await sallyport('firewall', 'plan', '--config', lync);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const text of ['external-out-udp-3478', 'contoso.example (lync)', 'ChangeDST', '_turn._udp.example.org']) {
    expect(stdout).toContain(text);
  }
});

test('side, policy, part, name and place are obeyed', async () => {
  const inside = await sallyport(
    'firewall',
    'plan',
    '-c',
    lync,
    '--side',
    'internal',
    '--what',
    'rules',
    '--format',
    'csv',
  );
  expect(
    inside.stdout
      .split('\r\n')
      .slice(1, -1)
      .every(line => line.startsWith('internal-')),
  ).toBe(true);
  const loose = await sallyport('firewall', 'plan', '-c', lync, '--policy', 'destination', '--format', 'json');
  expect(JSON.parse(loose.stdout).policy).toBe('destination');
  const named = await sallyport('firewall', 'plan', '-c', lync, '--what', 'dns', '--name', 'av.contoso.example');
  expect(named.stdout).toContain('av.contoso.example');
  const router = await sallyport('firewall', 'plan', '-c', lync, '--format', 'nftables', '--at', 'perimeter');
  expect(router.stdout).toMatch(/hook forward[\s\S]*dnat to 10\.45\.16\.10/);
});

test('a part that a format has no words for is an error that names those that have', async () => {
  const { code, stderr } = await sallyport('firewall', 'plan', '-c', lync, '--format', 'windows', '--what', 'nat');
  expect(code).toBe(1);
  expect(stderr).toContain('SALLYPORT_FIREWALL_FORMAT');
  expect(stderr).toContain('nftables');
});

test('a name that is none, and a missing configuration, are errors with a code', async () => {
  expect((await sallyport('firewall', 'plan', '-c', lync, '--name', 'a b')).stderr).toContain('SALLYPORT_USAGE');
  expect((await sallyport('firewall', 'plan')).stderr).toContain('SALLYPORT_USAGE');
});

test('notes go to standard error where the output is for a machine', async () => {
  const oneSide = file('one-side.yaml', TOPOLOGIES['one-side']);
  const { stdout, stderr } = await sallyport('firewall', 'plan', '-c', oneSide, '--format', 'nftables');
  expect(stderr).toContain('note: ');
  expect(stdout).not.toContain('note: ');
});

test('a difference is what to open and what to close, as text and as JSON', async () => {
  const { code, stdout } = await sallyport('firewall', 'diff', users, lync);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Open\n {2}\+ external-out-udp-3478/);
  const json = JSON.parse((await sallyport('firewall', 'diff', lync, users, '--json')).stdout);
  expect(json.close.map(({ id }: { id: string }) => id)).toEqual(['external-out-udp-3478', 'external-out-tcp-443']);
  const loose = JSON.parse(
    (await sallyport('firewall', 'diff', users, lync, '--policy', 'destination', '--json')).stdout,
  );
  expect(loose.open.map((rule: { sourcePorts: string }) => rule.sourcePorts)).toEqual(['any', 'any']);
});

test('a ruleset that is as planned exits with 0, one that is not with 1, and one that cannot be read with 2', async () => {
  const rules = file('rules.csv', (await sallyport('firewall', 'plan', '-c', lync, '--format', 'csv')).stdout);
  const verify = (config: string, ...more: string[]) =>
    sallyport('firewall', 'verify', '-c', config, '--at', 'perimeter', ...more);
  expect(await verify(lync, '--rules', rules)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing else'),
  });
  const wide = await verify(users, '--rules', rules);
  expect(wide.code).toBe(1);
  expect(wide.stdout).toMatch(/^unneeded {2}line 4 \(external-out-udp-3478\)\n[\s\S]*\n2 findings\n$/);
  const json = JSON.parse((await verify(users, '--rules', rules, '--json')).stdout);
  expect(json).toMatchObject({ version: 1, ok: false, findings: [{ kind: 'unneeded' }, { kind: 'unneeded' }] });
  for (const wrong of [
    await verify(lync, '--rules', join(folder, 'none')),
    await verify(lync, '--rules', lync),
    await verify(lync, '--rules', rules, '--nft', rules),
    await verify(lync, '--at', 'the moon'),
    await verify(join(folder, 'none.yaml'), '--rules', rules),
  ]) {
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).not.toBe('');
  }
});

test('--policy bounds what may be open, --keep names what is not looked at', async () => {
  const loose = await sallyport('firewall', 'plan', '-c', lync, '--policy', 'destination', '--format', 'iptables');
  const rules = file(
    'rules.v4',
    loose.stdout.replace('COMMIT', '-A INPUT -p tcp --dport 22 -m comment --comment site -j ACCEPT\nCOMMIT'),
  );
  const verify = async (...more: string[]) =>
    (await sallyport('firewall', 'verify', '-c', lync, '--rules', rules, ...more)).stdout.split('\n').at(-2);
  expect(await verify()).toBe('1 finding');
  expect(await verify('--keep', 'site')).toContain('nothing else');
  expect(await verify('--keep', 'site', '--policy', 'source-and-destination')).toBe('2 findings');
});

test("edges behind one router have one plan; an edge's own firewall is about one", async () => {
  const mate = file('mate.yaml', TOPOLOGIES.lync.replace('10.45.16.10', '10.45.16.11').replace('155.30', '155.31'));
  const both = await sallyport('firewall', 'plan', '-c', lync, mate, '--format', 'csv', '--at', 'perimeter');
  const ids = both.stdout.split('\r\n').map(line => line.split(',')[0]!);
  expect(ids).toContain('external-in-udp-3478-10.45.16.10');
  expect(ids).toContain('external-in-udp-3478-10.45.16.11');
  expect(ids).toContain('nat-in-131.107.155.31');
  const rules = file('both.csv', both.stdout);
  const verify = (...configs: string[]) =>
    sallyport('firewall', 'verify', '-c', ...configs, '--at', 'perimeter', '--rules', rules);
  expect((await verify(lync, mate)).code).toBe(0);
  const alone = await sallyport('firewall', 'plan', '-c', lync, mate);
  expect(alone.code).toBe(1);
  expect(alone.stderr).toContain('--at perimeter');
});

test('help teaches by example', async () => {
  expect((await sallyport('firewall', '--help')).stdout).toContain('sallyport firewall plan --config edge.yaml');
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
