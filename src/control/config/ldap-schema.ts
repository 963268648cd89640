import { z } from 'zod';
import { isLoopbackIp, parseIp } from '../../wire/index.ts';
import { problem } from './scalars.ts';

/** A directory's server (RFC 4516). */
export interface LdapServer {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (`ldaps:`). */
  readonly isSecure: boolean;
  /** Nobody else hears what is said to it. */
  readonly isHere: boolean;
  /** As it was written. */
  readonly url: string;
}

const PORTS: Readonly<Record<string, number>> = { 'ldaps:': 636, 'ldap:': 389 };
const EXAMPLE = 'write it as ldaps://ldap.example.com, with a port where it is not 636';

const server = z.string().transform((text, ctx): LdapServer => {
  const { protocol = '', hostname = '', port = '', username, password, pathname, search, hash } = URL.parse(text) ?? {};
  const usual = PORTS[protocol];
  if (usual === undefined || hostname === '') return problem(ctx, `"${text}" is no LDAP URL`, EXAMPLE);
  if (username || password) return problem(ctx, 'nobody but users binds, and they bring their passwords', EXAMPLE);
  if (`${pathname ?? ''}${search ?? ''}${hash ?? ''}`.replace(/^\/$/, '') !== '')
    return problem(ctx, `"${text}" says more than a server`, `${EXAMPLE}; names are made by access.ldap.bind`);
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  const ip = parseIp(host);
  const isHere = ip === undefined ? host === 'localhost' : isLoopbackIp(ip);
  return { host, port: port === '' ? usual : Number(port), isSecure: protocol === 'ldaps:', isHere, url: text };
});

/** What stands for the user's name in a template. */
export const LDAP_USER = '{user}';

const template = z
  .string()
  .refine(
    text => text.split(LDAP_USER).length === 2 && text.length > LDAP_USER.length,
    `must hold ${LDAP_USER} once, such as uid=${LDAP_USER},ou=people,dc=example,dc=com, or ${LDAP_USER}@example.com for Active Directory`,
  );

export const ldap = z
  .strictObject({
    url: server.describe(
      'The directory: ldaps://HOST, or ldap://HOST with startTls. Without TLS it has to be on this machine.',
    ),
    startTls: z
      .boolean()
      .prefault(false)
      .describe('Whether TLS begins within a connection to an ldap:// server (StartTLS).'),
    bind: template.describe(
      "As whom a user binds: uid={user},ou=people,dc=example,dc=com, or {user}@example.com for Active Directory. In a distinguished name the user's name is escaped.",
    ),
    authorities: z
      .string()
      .min(1)
      .optional()
      .describe(
        "PEM file with the authorities that the directory's certificate may come from. By default Node.js's own list.",
      ),
  })
  .describe(
    'Users whom the file does not have show their passwords over HTTPS, and a directory says whether they are right.',
  );
