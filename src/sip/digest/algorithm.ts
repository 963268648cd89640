import { hash } from 'node:crypto';

/** RFC 7616 §3.7 and RFC 8760 §2. MD5 is what most phones can do; it is offered inside TLS only. */
export type DigestAlgorithm = 'MD5' | 'SHA-256';

const HASHES = { MD5: 'md5', 'SHA-256': 'sha256' } as const;

export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  /** H(username ":" realm ":" password), in hexadecimal. */
  readonly ha1: string;
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  /** Eight hexadecimal digits. */
  readonly nc: string;
  readonly cnonce: string;
}

/** The `response` of a digest with qop=auth (RFC 7616 §3.4.1), in hexadecimal. */
export function digestResponse({ algorithm, ha1, method, uri, nonce, nc, cnonce }: DigestInput): string {
  const ha2 = hexHash(algorithm, `${method}:${uri}`);
  return hexHash(algorithm, `${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}`);
}

/** What is kept of a password. */
export function digestHa1(algorithm: DigestAlgorithm, username: string, realm: string, password: string): string {
  return hexHash(algorithm, `${username}:${realm}:${password}`);
}

function hexHash(algorithm: DigestAlgorithm, text: string): string {
  return hash(HASHES[algorithm], text, 'hex');
}
