import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { OperatorError } from '../../control/index.ts';
import type { Certificate } from '../certificate.ts';

/** What we present to servers that we connect to, and whose certificates we take: those of these authorities, or the system's. */
export function hopContext({ pem, selfSigned }: Certificate, authorities: string | undefined): SecureContext {
  // one that we have made at this start says nothing to anybody
  const own = selfSigned ? {} : { cert: pem.certificate, key: pem.key };
  const ca = authoritiesOf(authorities);
  const trusted = ca === undefined ? {} : { ca };
  try {
    return createSecureContext({ ...own, ...trusted, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw unusableAuthorities('access.authorities', `${authorities}: ${(error as Error).message}`);
  }
}

/** The PEM text of a configured file. Throws an OperatorError that names its key. */
export function authoritiesOf(path: string | undefined, key = 'access.authorities'): string | undefined {
  return path === undefined ? undefined : readAuthorities(path, key);
}

function readAuthorities(path: string, key: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    throw unusableAuthorities(key, `${path} can't be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  throw unusableAuthorities(key, `${path} holds no certificate`);
}

export function unusableAuthorities(key: string, why: string): OperatorError {
  return new OperatorError(
    'SALLYPORT_TLS_UNREADABLE',
    `${key}: ${why}`,
    'name a PEM file with the certificates of authorities that the user of this process may read',
  );
}
