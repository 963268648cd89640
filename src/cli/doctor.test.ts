import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CertificateFiles, certificateUntil } from '../../test/testkit/certificates.ts';
import { freePortPair, freeTcpPort } from '../../test/testkit/free-ports.ts';
import { runSallyport } from '../../test/testkit/run-sallyport.ts';
import { type ConfigInput, createEdge, type Edge } from '../index.ts';
import { readToken } from '../topology/doctor/index.ts';

/* An edge on loopback, examined by the real command: each option changes what it says. */

const files = new CertificateFiles();
const folder = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
const config = join(folder, 'edge.yaml');
let edge: Edge;
let udp: number;
let tcp: number;

beforeAll(async () => {
  files.replace(await certificateUntil(Date.now() + 90 * 86_400_000, 'turn.example.org'));
  [udp, tcp] = [await freePortPair('127.0.0.1'), await freeTcpPort()];
  const input: ConfigInput = {
    external: { address: '127.0.0.1', udp, tcp, peers: { allow: ['127.0.0.0/8'] } },
    internal: { address: '127.0.0.2', udp, tcp, networks: ['127.0.0.2/32'] },
    relayPorts: '28000-28039',
    credentials: { secrets: ['north-wind'] },
    tls: { certificate: files.certificate, key: files.key },
    limits: { allocations: 100, connections: 100 },
    workers: 1,
  };
  writeFileSync(config, JSON.stringify(input));
  edge = await createEdge(input);
});
afterAll(async () => {
  await edge.close();
  files.remove();
  rmSync(folder, { recursive: true });
});

const doctor = (...args: string[]) => runSallyport('doctor', '--config', config, '--ca', files.certificate, ...args);

async function resultsOf(...args: string[]) {
  const { stdout, stderr, code } = await doctor('--json', ...args);
  const report = JSON.parse(stdout);
  const results: { check: string; subject: string; verdict: string; seen: string }[] = report.views[0].results;
  return { code, stderr, report, of: (check: string) => results.filter(result => result.check === check) };
}

test('a running edge is examined on both sides, and nothing is found', async () => {
  const { code, report, of } = await resultsOf();
  expect(report.findings).toEqual([]);
  expect(code).toBe(0);
  expect(of('listener-answers').map(({ subject }) => subject)).toEqual(
    ['127.0.0.1', '127.0.0.2'].flatMap(ip => [`UDP ${ip}:${udp}`, `TCP ${ip}:${tcp}`, `TLS ${ip}:${tcp}`]),
  );
  expect(of('credential')).toHaveLength(10); // both dialects on UDP and TCP, the standard one within TLS
});

test('for people it is a table, without colours where no terminal is', async () => {
  const { stdout } = await doctor();
  expect(stdout).toMatch(/^doctor, on the edge {2}127\.0\.0\.1, 127\.0\.0\.2\n {2}✓ own-addresses/);
  expect(stdout).toMatch(/\nhealthy: nothing found \(\d+ checks\)\n$/);
  expect(stdout).not.toContain('\u001b');
});

test('--html writes a page, and says where', async () => {
  const page = join(folder, 'report.html');
  const { stderr } = await doctor('--html', page);
  expect(stderr).toContain(page);
  expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>.*<svg/s);
  expect(await doctor('--html', '/nowhere/at/all')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('SALLYPORT_USAGE'),
  });
});

test('--ca makes an authority trusted, --name is compared with the certificate', async () => {
  const ids = async (...args: string[]) =>
    JSON.parse((await runSallyport('doctor', '--config', config, '--json', ...args)).stdout).findings.map(
      ({ id }: { id: string }) => id,
    );
  expect(await ids()).toEqual(['certificate-self-signed', 'certificate-self-signed']);
  expect(await ids('--ca', files.certificate, '--name', 'www.example.org')).toEqual([
    'certificate-name',
    'certificate-name',
  ]);
  expect(await runSallyport('doctor', '--config', config, '--ca', '/nowhere')).toMatchObject({ code: 1 });
});

test('--ports says how many relay ports, --all-ports tries the range but what others hold', async () => {
  const tried = async (...args: string[]) =>
    Number(/^(\d+) of/.exec((await resultsOf(...args)).of('relay-ports-reached')[0]!.seen)![1]);
  expect(await tried('--ports', '3')).toBe(3);
  expect(await tried('--all-ports')).toBe(39); // one of the forty sends
  expect((await resultsOf('--ports', '0')).of('relay-ports-reached')).toEqual([]);
  expect(await doctor('--ports', 'many')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no number of ports'),
  });
});

test('--mate and --stun ask other servers from the edge’s address', async () => {
  const server = `127.0.0.1:${udp}`;
  const { of } = await resultsOf('--mate', server, '--stun', server, '127.0.0.1:9');
  expect(of('hairpin')).toMatchObject([{ subject: server, verdict: 'ok' }]);
  expect(of('relayed-out')).toMatchObject([
    { subject: server, verdict: 'ok' },
    { subject: '127.0.0.1:9', verdict: 'warning' },
  ]);
});

test('--ntp compares the clock with a time server', async () => {
  const ahead = createSocket('udp4').bind(0, '127.0.0.1');
  await once(ahead, 'listening');
  ahead.on('message', (_, { port }) => ahead.send(ntpAnswer(Date.now() + 7_200_000), port, '127.0.0.1'));
  try {
    const { report, code } = await resultsOf('--ntp', `127.0.0.1:${ahead.address().port}`);
    expect(report.findings).toMatchObject([{ id: 'clock-off', seen: '2.0 h behind' }]);
    expect(code).toBe(1);
  } finally {
    ahead.close();
  }
  expect((await resultsOf('--ntp', '127.0.0.1:9')).of('clock')).toMatchObject([{ verdict: 'unknown' }]);
});

describe('a token', () => {
  const tokenOf = async (...args: string[]) => {
    const [text = ''] = /spd1\.[\w.-]+/.exec((await doctor('--token', ...args)).stderr) ?? [];
    const token = readToken(text);
    if ('problem' in token) throw new Error(token.problem);
    return token;
  };
  test('is printed with --token only, and carries what a probe needs', async () => {
    expect((await doctor()).stderr).toBe('');
    expect(await tokenOf()).toMatchObject({ told: ['127.0.0.1'], udp: [udp], tcp: [tcp], side: 'external' });
  });
  test('is for the other side with --side internal', async () => {
    expect(await tokenOf('--side', 'internal')).toMatchObject({ told: ['127.0.0.2'], side: 'internal' });
    const [text = ''] = /spd1\.[\w.-]+/.exec((await doctor('--token', '--side', 'internal')).stderr) ?? [];
    const probed = await runSallyport('probe', '--token', text, '--ca', files.certificate, '--json');
    const { findings, views } = JSON.parse(probed.stdout);
    expect(findings.map(({ id }: { id: string }) => id)).toEqual(['peer-allowed']); // loopback, which this edge allows
    const subjects: string[] = views[0].results.map(({ subject }: { subject: string }) => subject);
    expect(subjects.every(subject => subject.includes('127.0.0.2'))).toBe(true);
  });
  test('lives an hour, or as --token-lifetime says', async () => {
    const seconds = ({ issued, expires }: { issued: number; expires: number }) => Math.round((expires - issued) / 1000);
    expect(Math.abs(seconds(await tokenOf()) - 3600)).toBeLessThan(2);
    expect(Math.abs(seconds(await tokenOf('--token-lifetime', '5m')) - 300)).toBeLessThan(2);
    expect(await doctor('--token', '--token-lifetime', '48h')).toMatchObject({ code: 1 });
  });
  test('is waited for with --wait: the probe’s view comes with the doctor’s own', async () => {
    const nobody = await doctor('--wait', '1s');
    expect(nobody.stderr).toContain('no probe has reported');
    expect(nobody.stdout).not.toContain('\nprobe');
  });
});

test('without a configuration it says what is missing', async () => {
  expect(await runSallyport('doctor')).toMatchObject({ code: 1, stderr: expect.stringContaining('--config FILE') });
});

/** What a time server of stratum 1 answers (RFC 5905 §7.3). */
function ntpAnswer(at: number): Buffer {
  const bytes = Buffer.alloc(48);
  bytes[0] = 0x24;
  bytes[1] = 1;
  for (const offset of [32, 40]) {
    bytes.writeUInt32BE(Math.floor(at / 1000) + 2_208_988_800, offset);
    bytes.writeUInt32BE(Math.floor(((at % 1000) / 1000) * 2 ** 32), offset + 4);
  }
  return bytes;
}
