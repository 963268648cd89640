import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { OperatorError } from '../../control/index.ts';
import type { Certificate } from '../certificate.ts';

/** What we present to servers that we connect to, and whose certificates we take: those of these authorities, or the system's. */
export function hopContext({ pem, selfSigned }: Certificate, authorities: string | undefined): SecureContext {
  // one that we have made at this start says nothing to anybody
  const own = selfSigned ? {} : { cert: pem.certificate, key: pem.key };
  const trusted = authorities === undefined ? {} : { ca: readAuthorities(authorities) };
  try {
    return createSecureContext({ ...own, ...trusted, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw new OperatorError(
      'SALLYPORT_TLS_UNREADABLE',
      `access.authorities: ${authorities}: ${(error as Error).message}`,
      'name a PEM file with the certificates of authorities',
    );
  }
}

function readAuthorities(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    throw unusable(path, `can't be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  throw unusable(path, 'holds no certificate');
}

function unusable(path: string, why: string): OperatorError {
  return new OperatorError(
    'SALLYPORT_TLS_UNREADABLE',
    `access.authorities: ${path} ${why}`,
    'name a PEM file with the certificates of authorities that the user of this process may read',
  );
}
