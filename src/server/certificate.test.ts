import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { CertificateFiles, certificateFor, encrypted, type Pem } from '../../test/testkit/certificates.ts';
import { EdgeBench, type EdgeDifferences } from '../../test/testkit/edge-bench.ts';
import { EdgeClient } from '../../test/testkit/edge-client.ts';
import { pause, until } from '../../test/testkit/stream-bytes.ts';
import { parseIp } from '../wire/index.ts';
import { certificateFrom, selfSignedCertificate } from './certificate.ts';

let bench: EdgeBench | undefined;
const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  await bench?.close();
  bench = undefined;
});

function files(pem?: Pem): CertificateFiles {
  const made = new CertificateFiles(pem);
  undo.push(() => made.remove());
  return made;
}

async function edgeWith({ certificate, key }: CertificateFiles, differences: EdgeDifferences = {}): Promise<EdgeBench> {
  bench = await EdgeBench.start({
    tls: { certificate, key },
    options: { certificateCheckMillis: 20 },
    ...differences,
  });
  return bench;
}

/** What a new TLS client is shown. */
async function shownBy(port: number, host = '127.0.0.1'): Promise<X509Certificate> {
  const socket: TLSSocket = connect({ host, port, rejectUnauthorized: false });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const shown = new X509Certificate(socket.getPeerCertificate().raw);
  socket.destroy();
  return shown;
}

function fingerprint({ certificate }: Pem): string {
  return new X509Certificate(certificate).fingerprint256;
}

describe('certificate files', () => {
  test('are read again when they change: new handshakes see the new one, connected clients stay', async () => {
    const [old, renewed] = [await certificateFor('old.example'), await certificateFor('new.example')];
    const on = files(old);
    const { edge, tcp } = await edgeWith(on);
    const client = await EdgeClient.tls(tcp);
    undo.push(() => client.close());
    await client.allocate();
    expect((await shownBy(tcp)).fingerprint256).toBe(fingerprint(old));
    on.replace(renewed);
    await until(() => edge.certificate.fingerprint === fingerprint(renewed));
    expect((await shownBy(tcp)).fingerprint256).toBe(fingerprint(renewed));
    expect((await client.refresh(600)).isSuccess).toBe(true);
    expect(bench!.logged('certificate renewed')).toHaveLength(1);
    expect(edge.turnRest(edge.mint('alice')).uris).toContain(`turns:new.example:${tcp}?transport=tcp`);
  });

  test.each<[string, (on: CertificateFiles, other: Pem) => void]>([
    ['that is no PEM', on => on.write('certificate', 'hello')],
    ['that is empty', on => on.write('certificate', '')],
    ['whose key is another one', (on, other) => on.write('certificate', other.certificate)],
    ['whose key is cut short', on => on.write('key', '-----BEGIN PRIVATE KEY-----\nMIGH')],
    ['that has vanished', on => on.remove()],
  ])('a new one %s is not used: the old one stays and the log says why, once', async (_, spoil) => {
    const [old, other] = [await certificateFor('old.example'), await certificateFor('new.example')];
    const on = files(old);
    const { tcp } = await edgeWith(on);
    spoil(on, other);
    await until(() => bench!.logged('the new certificate is unusable: the old one stays').length === 1);
    expect(bench!.logged('the new certificate is unusable: the old one stays')[0]).toMatchObject({ level: 'error' });
    expect((await shownBy(tcp)).fingerprint256).toBe(fingerprint(old));
    await pause(100);
    expect(bench!.logged('the new certificate is unusable: the old one stays')).toHaveLength(1);
  });

  test('replaced one after the other are used when both are there', async () => {
    const [old, renewed] = [await certificateFor('old.example'), await certificateFor('new.example')];
    const on = files(old);
    const { edge } = await edgeWith(on);
    on.write('certificate', renewed.certificate);
    await until(() => bench!.logged('the new certificate is unusable: the old one stays').length === 1);
    on.write('key', renewed.key);
    await until(() => edge.certificate.fingerprint === fingerprint(renewed));
  });

  test('can be read again at once', async () => {
    const [old, renewed] = [await certificateFor('old.example'), await certificateFor('new.example')];
    const on = files(old);
    const { edge } = await edgeWith(on, { options: { certificateCheckMillis: 3_600_000 } });
    on.replace(renewed);
    edge.reloadCertificate();
    expect(edge.certificate.fingerprint).toBe(fingerprint(renewed));
  });

  test('their end is in the metrics', async () => {
    const pem = await certificateFor('turn.example');
    await edgeWith(files(pem));
    const ends = new X509Certificate(pem.certificate).validToDate.getTime() / 1000;
    expect(await bench!.metric('sallyport_certificate_expiry_timestamp_seconds')).toBe(ends);
  });

  test('are what IPv6 clients see as well', async () => {
    const pem = await certificateFor('turn.example');
    const { tcp } = await edgeWith(files(pem), { external: { address: ['::1'], udp: [] } });
    expect((await shownBy(tcp, '::1')).fingerprint256).toBe(fingerprint(pem));
  });
});

describe('at start', () => {
  test('a missing file is named', async () => {
    const on = files();
    await expect(edgeWith(on)).rejects.toMatchObject({
      code: 'SALLYPORT_TLS_UNREADABLE',
      message: `tls.certificate: ${on.certificate} can't be read: ENOENT`,
    });
  });

  test('what can not be read is named', async () => {
    const on = files(await certificateFor('turn.example'));
    const error = /tls\.key: \/ can't be read: EISDIR/;
    expect(() => certificateFrom({ certificate: on.certificate, key: '/' })).toThrow(error);
  });

  test.each<[string, (pem: Pem, other: Pem) => Pem]>([
    ['the key of another certificate', (pem, other) => ({ ...pem, key: other.key })],
    ['a key of another kind, which OpenSSL would take', pem => ({ ...pem, key: rsaKey() })],
    ['no PEM at all', pem => ({ ...pem, certificate: 'hello' })],
    ['an encrypted key', pem => ({ ...pem, key: encrypted(pem.key) })],
    ['the files swapped', pem => ({ certificate: pem.key, key: pem.certificate })],
  ])('%s is told as such, without a word of the key', async (_, spoil) => {
    const pem = spoil(await certificateFor('a.example'), await certificateFor('b.example'));
    const error: unknown = await edgeWith(files(pem)).catch(e => e);
    expect(error).toMatchObject({ name: 'OperatorError', code: 'SALLYPORT_TLS_MISMATCH' });
    const secret = pem.key.split('\n')[1]!;
    expect(`${(error as Error).message}${(error as Error).stack}`).not.toContain(secret);
  });
});

describe('the name in turns: URIs', () => {
  test.each<[string[], string]>([
    [['turn.example'], 'turn.example'],
    [['*.example', 'turn.example', 'other.example'], 'turn.example'],
    [['*.example'], '127.0.0.1'],
  ])('of a certificate for %j is %s', async (names, host) => {
    const { edge, tcp } = await edgeWith(files(await certificateFor(...names)));
    const uris = edge.turnRest(edge.mint('alice')).uris.filter(uri => uri.startsWith('turns:'));
    expect(uris).toEqual([`turns:${host}:${tcp}?transport=tcp`]);
  });

  test('what is no host name does not become one', async () => {
    const { name } = certificateFrom(files(await certificateFor('a, DNS:evil.example', 'good.example')));
    expect(name).toBe('good.example');
  });
});

describe('without files', () => {
  test('the certificate is self-signed for every address of ours and localhost, and said to be so', async () => {
    const { context, fingerprint: print } = await selfSignedCertificate([
      parseIp('192.0.2.1')!,
      parseIp('2001:db8::1')!,
    ]);
    expect(context).toBeDefined();
    bench = await EdgeBench.start({ external: { address: ['127.0.0.1', '::1'] } });
    const shown = await shownBy(bench.tcp);
    expect(shown.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    expect(bench.edge.certificate).toMatchObject({ selfSigned: true, fingerprint: shown.fingerprint256 });
    expect(shown.fingerprint256).not.toBe(print);
    expect(bench.lines.filter(line => line.includes('self-signed'))).toHaveLength(1);
    const days = (shown.validToDate.getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29);
    expect(days).toBeLessThan(31);
  });

  test('two edges have two of them', async () => {
    bench = await EdgeBench.start();
    const other = await EdgeBench.start();
    undo.push(() => other.close());
    expect(bench.edge.certificate.fingerprint).not.toBe(other.edge.certificate.fingerprint);
  });
});

function rsaKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
