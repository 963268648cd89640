import { constants, createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { OperatorError } from '../control/index.ts';
import { formatIp, type IpAddress } from '../wire/index.ts';

/** The texts of a certificate, chain included, and its private key. */
export interface Pem {
  readonly certificate: string;
  readonly key: string;
}

/** What TLS listeners present. */
export interface Certificate {
  readonly pem: Pem;
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
  const pem = { certificate: readPem(files.certificate, 'tls.certificate'), key: readPem(files.key, 'tls.key') };
  return certificateOf(pem, false, `${files.certificate} and ${files.key}`);
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
  return certificateOf({ certificate: certificate.toString('pem'), key }, true);
}

/** `where` they are from is for the error. */
export function certificateOf(pem: Pem, selfSigned: boolean, where = 'the self-signed certificate'): Certificate {
  try {
    const leaf = new X509Certificate(pem.certificate);
    // OpenSSL takes a certificate and a key of different kinds without a word, and then fails every handshake.
    if (!leaf.checkPrivateKey(createPrivateKey(pem.key))) throw new Error('the key is not that of the certificate');
    const context = createSecureContext(tlsOptions(pem));
    const name = selfSigned ? undefined : /\bDNS:([\w.-]+)(?=,|$)/.exec(leaf.subjectAltName ?? '')?.[1];
    return { pem, context, notAfter: new Date(leaf.validTo), selfSigned, name, fingerprint: leaf.fingerprint256 };
  } catch (error) {
    throw new OperatorError(
      'SALLYPORT_TLS_MISMATCH',
      `${where}: ${(error as Error).message}`,
      'tls.certificate must be a PEM file with the certificate first and its chain after it, tls.key its unencrypted private key',
    );
  }
}

/** What TLS is spoken with wherever we are the server. */
export function tlsOptions({ certificate: cert, key }: Pem) {
  return { cert, key, minVersion: 'TLSv1.2' as const, secureOptions };
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
