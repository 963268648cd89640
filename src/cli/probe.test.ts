import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CertificateFiles, certificateUntil } from '../../test/testkit/certificates.ts';
import { freePortPair, freeTcpPort } from '../../test/testkit/free-ports.ts';
import { ipv6Loopback, requires } from '../../test/testkit/requires.ts';
import { runSallyport } from '../../test/testkit/run-sallyport.ts';
import { createEdge, type Edge } from '../index.ts';
import { sealToken } from '../topology/doctor/index.ts';

/* An edge on loopback, probed by the real command: each option changes what it does. */

const SECRET = 'north-wind';
const files = new CertificateFiles();
const folder = mkdtempSync(join(tmpdir(), 'sallyport-probe-'));
let edge: Edge;
let udp: number;
let tcp: number;

beforeAll(async () => {
  files.replace(await certificateUntil(Date.now() + 90 * 86_400_000, 'localhost'));
  [udp, tcp] = [await freePortPair('127.0.0.1'), await freeTcpPort()];
  edge = await createEdge({
    external: { address: '127.0.0.1', udp, tcp, peers: { allow: ['127.0.0.0/8'] } },
    relayPorts: '28100-28139',
    credentials: { secrets: [SECRET], users: { alice: 'wonderland' } },
    tls: { certificate: files.certificate, key: files.key },
    workers: 1,
  });
});
afterAll(async () => {
  await edge.close();
  files.remove();
  rmSync(folder, { recursive: true });
});

const ports = () => ['--udp', `${udp}`, '--tcp', `${tcp}`, '--ca', files.certificate];
const quick = ['--ports', '0'];

async function probe(...args: string[]) {
  const { stdout, stderr, code } = await runSallyport('probe', ...args, '--json');
  if (stdout === '') throw new Error(stderr);
  const report = JSON.parse(stdout);
  const results: { check: string; subject: string; verdict: string; seen: string }[] = report.views[0].results;
  const ids: string[] = report.findings.map(({ id }: { id: string }) => id);
  return { code, stderr, report, ids, of: (check: string) => results.filter(result => result.check === check) };
}

test('every listener is tried; without a credential nothing more is', async () => {
  const { of, ids, code } = await probe('127.0.0.1', ...ports());
  expect(of('listener-answers').map(({ subject }) => subject)).toEqual([
    `UDP 127.0.0.1:${udp}`,
    `TCP 127.0.0.1:${tcp}`,
    `TLS 127.0.0.1:${tcp}`,
  ]);
  expect([ids, code, of('allocation')]).toEqual([[], 0, []]);
});

test('--udp and --tcp say which ports, or none', async () => {
  const { of } = await probe('127.0.0.1', '--udp', 'none', '--tcp', `${tcp}`, '--ca', files.certificate);
  expect(of('listener-answers')).toHaveLength(2);
  expect((await probe('127.0.0.1', '--udp', `${udp}`, '--tcp', 'none')).of('listener-answers')).toHaveLength(1);
  await expect(probe('127.0.0.1', '--udp', '3478-3480')).rejects.toThrow('no list of ports');
});

test('a user with a password, and what the relay does', async () => {
  writeFileSync(join(folder, 'password'), 'wonderland\n');
  const { of, ids } = await probe(
    '127.0.0.1',
    ...ports(),
    ...quick,
    '-u',
    'alice',
    '--password',
    `file:${join(folder, 'password')}`,
  );
  expect(of('credential').map(({ seen }) => seen)).toEqual(['accepted', 'accepted', 'accepted']);
  expect(of('relayed-out')).toMatchObject([{ verdict: 'ok' }]);
  expect(of('mapping-per-destination')).toMatchObject([{ verdict: 'ok' }]);
  expect(of('packet-size')).toMatchObject([{ verdict: 'ok' }]);
  expect(ids).toEqual(['peer-allowed']); // this edge lets peers be on loopback, as no other should
  const wrong = await probe('127.0.0.1', ...ports(), '-u', 'alice', '--password', 'x');
  expect(new Set(wrong.ids)).toEqual(new Set(['credential-refused', 'no-allocation']));
  await expect(probe('127.0.0.1', '-u', 'alice')).rejects.toThrow('--user needs --password');
});

test('--secret makes a credential, and finds out the clock of the edge', async () => {
  const { of } = await probe('127.0.0.1', ...ports(), ...quick, '--secret', SECRET);
  expect(of('clock')).toMatchObject([{ verdict: 'ok', seen: '0 s ahead' }]);
  expect((await probe('127.0.0.1', ...ports(), '--secret', 'another')).ids).toContain('credential-refused');
});

test('--ports and --all-ports', async () => {
  const tried = async (...args: string[]) => {
    const { of } = await probe('127.0.0.1', ...ports(), '--secret', SECRET, ...args);
    return of('relay-ports-reached')[0]!.seen;
  };
  expect(await tried('--ports', '5')) // and the one it has all the while
    .toBe('6 of 6 relay ports tried are reached');
  expect(await tried(...quick)).toBe('1 of 1 relay ports tried are reached');
});

test('--idle is silent for so long, and then looks again', async () => {
  const { of } = await probe('127.0.0.1', ...ports(), ...quick, '--secret', SECRET, '--idle', '1s');
  expect(of('mapping-idle')).toMatchObject([{ verdict: 'ok', seen: 'after 1 s of silence everything is as before' }]);
  await expect(probe('127.0.0.1', '--idle', '5m')).rejects.toThrow('no duration up to 240 s');
});

test('--mate is asked through a relay', async () => {
  const { of } = await probe('127.0.0.1', ...ports(), ...quick, '--secret', SECRET, '--mate', '127.0.0.1:9');
  expect(of('hairpin')).toMatchObject([{ subject: '127.0.0.1:9', verdict: 'fault' }]);
});

test('the name of the edge is compared with its certificate; --name stands in for an address', async () => {
  expect((await probe('localhost', '--udp', 'none', '--tcp', `${tcp}`, '--ca', files.certificate)).ids).not.toContain(
    'certificate-name',
  );
  expect((await probe('127.0.0.1', ...ports(), '--name', 'turn.example.org')).ids).toEqual(['certificate-name']);
  expect((await probe('127.0.0.1', '--udp', 'none', '--tcp', `${tcp}`)).ids).toEqual(['certificate-self-signed']);
});

test('a token needs no EDGE: it knows addresses, ports and a credential', async () => {
  const { username, password, expiresAt } = edge.mint('probe', 60);
  const payload = {
    issued: Date.now(),
    expires: expiresAt,
    side: 'external' as const,
    relayIn: true,
    relayOut: true,
    isTwoSided: false,
    partners: [],
    told: ['127.0.0.1'],
    own: ['127.0.0.1'],
    udp: [udp],
    tcp: [tcp],
    relayPorts: {
      first: 28100,
      last: 28139,
    },
    standard: {
      username,
      password,
    },
  };
  const { text } = sealToken(payload, SECRET);
  const { of, report } = await probe('--token', text, '--ca', files.certificate, '--all-ports');
  expect(report.expected.source).toBe('token');
  expect(of('relay-ports-reached')[0]!.seen).toBe('40 of 40 relay ports tried are reached');
  const early = sealToken({ ...payload, issued: Date.now() + 3_600_000 }, SECRET);
  expect((await probe('--token', early.text, '--ca', files.certificate, ...quick)).ids).toContain('clock-off');
  await expect(probe('--token', 'spd1.x.y')).rejects.toThrow('damaged');
  await expect(probe()).rejects.toThrow('there is no edge to probe');
});

test('IPv6 is probed like IPv4', async context => {
  requires(context, ipv6Loopback);
  const port = await freePortPair('::1');
  const v6 = await createEdge({
    external: { address: '::1', udp: port, tcp: [], peers: { allow: ['::1'] } },
    credentials: { secrets: [SECRET] },
    workers: 1,
  });
  try {
    const { of } = await probe('::1', '--udp', `${port}`, '--tcp', 'none', '--secret', SECRET, '--ports', '4');
    expect(of('allocation')).toMatchObject([{ verdict: 'ok', seen: expect.stringMatching(/^\[::1\]:\d+ over UDP$/) }]);
    expect(of('relayed-out')).toMatchObject([{ verdict: 'ok' }]);
    expect(of('relay-ports-reached')).toMatchObject([{ verdict: 'ok' }]);
    expect(of('peer-policy').map(({ subject }) => subject)).toEqual(['::1, peer ::1']); // the one it allows
  } finally {
    await v6.close();
  }
});

test('for people it is a table, and --html a page', async () => {
  const page = join(folder, 'report.html');
  const { stdout, stderr } = await runSallyport('probe', '127.0.0.1', ...ports(), '--html', page);
  expect(stdout).toMatch(/^probe {2}127\.0\.0\.1\n/);
  expect(stderr).toContain(page);
  expect(readFileSync(page, 'utf8')).toContain('seen by the probe');
});
