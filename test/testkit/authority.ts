import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import type { Pem } from './certificates.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;

/** What a certificate says, beside its names. */
export interface Issued {
  readonly dns?: readonly string[];
  /** Such as `sip:partner.test`. */
  readonly uris?: readonly string[];
  readonly notAfter?: number;
  /** By default for servers and clients, as partners need. */
  readonly usages?: readonly ('server' | 'client')[];
}

/** A certificate authority, made here. */
export class Authority {
  /** In PEM: for those who trust it. */
  readonly certificate: string;
  readonly #name: string;
  readonly #keys: webcrypto.CryptoKeyPair;

  static async make(name: string): Promise<Authority> {
    const x509 = await import('@peculiar/x509');
    const keys = await newKeys();
    const made = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serial(),
      name: `CN=${name}`,
      notBefore: new Date(Date.now() - DAY),
      notAfter: new Date(Date.now() + DAY),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: await rights(),
    });
    return new Authority(name, made.toString('pem'), keys);
  }

  /** One that this one vouches for. */
  async below(name: string): Promise<Authority> {
    const x509 = await import('@peculiar/x509');
    const keys = await newKeys();
    const made = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: `CN=${name}`,
      issuer: `CN=${this.#name}`,
      notBefore: new Date(Date.now() - DAY),
      notAfter: new Date(Date.now() + DAY),
      signingAlgorithm: ALGORITHM,
      signingKey: this.#keys.privateKey,
      publicKey: keys.publicKey,
      extensions: await rights(),
    });
    return new Authority(name, made.toString('pem'), keys);
  }

  private constructor(name: string, certificate: string, keys: webcrypto.CryptoKeyPair) {
    this.#name = name;
    this.certificate = certificate;
    this.#keys = keys;
  }

  async issue({ dns = [], uris = [], notAfter, usages = ['server', 'client'] }: Issued): Promise<Pem> {
    const x509 = await import('@peculiar/x509');
    const keys = await newKeys();
    const names = [
      ...dns.map(value => ({ type: 'dns' as const, value })),
      ...uris.map(value => ({ type: 'url' as const, value })),
    ];
    const until = notAfter ?? Date.now() + DAY / 2;
    const made = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: `CN=${dns[0] ?? 'issued'}`,
      issuer: `CN=${this.#name}`,
      notBefore: new Date(Math.min(Date.now(), until) - 60_000),
      notAfter: new Date(until),
      signingAlgorithm: ALGORITHM,
      signingKey: this.#keys.privateKey,
      publicKey: keys.publicKey,
      extensions: [
        new x509.SubjectAlternativeNameExtension(names),
        new x509.ExtendedKeyUsageExtension(usages.map(usage => x509.ExtendedKeyUsage[`${usage}Auth`])),
      ],
    });
    return { certificate: made.toString('pem'), key: await pemOf(keys.privateKey) };
  }
}

/** To vouch for others. */
async function rights() {
  const x509 = await import('@peculiar/x509');
  return [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
  ];
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

function serial(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex');
}
