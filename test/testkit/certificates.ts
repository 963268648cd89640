import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pem {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate for these DNS names and addresses, made here, good for a day. */
export function certificateFor(...names: string[]): Promise<Pem> {
  return certificateUntil(Date.now() + 86_400_000, ...names);
}

export async function certificateUntil(notAfter: number, ...names: string[]): Promise<Pem> {
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex'),
    name: 'CN=test',
    notBefore: new Date(Math.min(Date.now(), notAfter) - 60_000),
    notAfter: new Date(notAfter),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        names.map(value => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
  return { certificate: made.toString('pem'), key };
}

/** Two files in a folder of their own, replaced as certbot and Kubernetes do it: by renaming. */
export class CertificateFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'));
  readonly certificate = join(this.#folder, 'fullchain.pem');
  readonly key = join(this.#folder, 'privkey.pem');

  constructor(pem?: Pem) {
    if (pem !== undefined) this.replace(pem);
  }

  replace({ certificate, key }: Pem): void {
    this.write('key', key);
    this.write('certificate', certificate);
  }

  write(which: 'certificate' | 'key', text: string): void {
    writeFileSync(`${this[which]}.new`, text);
    renameSync(`${this[which]}.new`, this[which]);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** An encrypted copy of a key, made by OpenSSL. */
export function encrypted(key: string): string {
  return execFileSync('openssl', ['pkcs8', '-topk8', '-passout', 'pass:x'], { input: key, encoding: 'utf8' });
}
