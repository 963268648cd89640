import { webcrypto } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate of its own making for this name and 127.0.0.1, as PEM texts. */
export async function pemPair(name: string): Promise<PemPair> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const alternatives = new x509.SubjectAlternativeNameExtension([
    { type: 'dns', value: name },
    { type: 'ip', value: '127.0.0.1' },
  ]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex'),
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [alternatives],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
  return { certificate: certificate.toString('pem'), key };
}

/** A folder with a certificate and its key in two files. */
export class PemFiles {
  readonly folder: string;
  readonly certificate: string;
  readonly key: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.certificate = join(folder, 'certificate.pem');
    this.key = join(folder, 'key.pem');
  }

  static async make(pair: PemPair): Promise<PemFiles> {
    const files = new PemFiles(await mkdtemp(join(tmpdir(), 'sallyport-')));
    await files.write(pair);
    return files;
  }

  async write({ certificate, key }: PemPair): Promise<void> {
    await writeFile(this.key, key, { mode: 0o600 });
    await writeFile(this.certificate, certificate);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}
