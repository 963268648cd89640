import { constants, webcrypto, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { OperatorError } from '../control/index.ts';
import { formatIp, type IpAddress } from '../wire/index.ts';

/** What TLS listeners present. */
export interface Certificate {
  readonly context: SecureContext;
  readonly notAfter: Date;
  readonly selfSigned: boolean;
  /** The first DNS name in it that is no wildcard: what clients are told to connect to. None for a self-signed one. */
  readonly name: string | undefined;
  /** SHA-256 fingerprint, for people who compare. */
  readonly fingerprint: string;
}

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

const SELF_SIGNED_DAYS = 30;
/** Renegotiation costs us far more than the client, and no TURN client needs it. */
const secureOptions = constants.SSL_OP_NO_RENEGOTIATION;

/** The certificate and key in these PEM files; throws an OperatorError that names the file and what is wrong with it. */
export function certificateFrom(files: CertificateFiles): Certificate {
  const cert = readPem(files.certificate, 'tls.certificate');
  const key = readPem(files.key, 'tls.key');
  return certificateOf(cert, key, false, files);
}

/** A certificate made now, for these addresses and localhost: nobody trusts it, but media over TLS works where trust is not asked for. */
export async function selfSignedCertificate(addresses: readonly IpAddress[]): Promise<Certificate> {
  // Loaded only where it is needed: it is large, and it wants its decorators' metadata first.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const from = new Date(Date.now() - 3_600_000);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex'),
    name: 'CN=sallyport self-signed',
    notBefore: from,
    notAfter: new Date(from.getTime() + SELF_SIGNED_DAYS * 86_400_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        ...addresses.map(a => ({ type: 'ip' as const, value: formatIp(a) })),
      ]),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
  return certificateOf(certificate.toString('pem'), key, true);
}

function certificateOf(cert: string, key: string, selfSigned: boolean, files?: CertificateFiles): Certificate {
  try {
    const leaf = new X509Certificate(cert);
    const context = createSecureContext({ cert, key, minVersion: 'TLSv1.2', secureOptions });
    const name = selfSigned ? undefined : /\bDNS:([\w.-]+)(?=,|$)/.exec(leaf.subjectAltName ?? '')?.[1];
    return { context, notAfter: new Date(leaf.validTo), selfSigned, name, fingerprint: leaf.fingerprint256 };
  } catch (error) {
    const where = files === undefined ? 'the self-signed certificate' : `${files.certificate} and ${files.key}`;
    throw new OperatorError(
      'SALLYPORT_TLS_MISMATCH',
      `${where}: ${(error as Error).message}`,
      'tls.certificate must be a PEM file with the certificate first and its chain after it, tls.key its unencrypted private key',
    );
  }
}

function readPem(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new OperatorError(
      'SALLYPORT_TLS_UNREADABLE',
      `${option}: ${path} can't be read: ${(error as NodeJS.ErrnoException).code}`,
      'name a PEM file that the user of this process may read',
    );
  }
}

/** Looks at the files every few seconds (they may be links that are swapped) and calls back when what they are has changed. */
export function watchCertificate(files: CertificateFiles, everyMillis: number, onChange: () => void): () => void {
  let seen = stampOf(files);
  const timer = setInterval(() => {
    const now = stampOf(files);
    if (now === seen) return;
    seen = now;
    onChange();
  }, everyMillis);
  timer.unref();
  return () => clearInterval(timer);
}

function stampOf(files: CertificateFiles): string {
  return [files.certificate, files.key].map(stampOfFile).join(' ');
}

function stampOfFile(path: string): string {
  const s = statSync(path, { throwIfNoEntry: false });
  return s === undefined ? 'missing' : `${s.ino}:${s.mtimeMs}:${s.size}`;
}
