import type { AccessConfig } from '../../control/index.ts';
import { clock } from '../clock.ts';
import type { AccessEdge } from './access-edge.ts';
import { DirectorySignIn } from './directory-sign-in.ts';
import { DirectoryUsers } from './directory-users.ts';
import { authoritiesOf, unusableAuthorities } from './hop-context.ts';
import { LdapDirectory } from './ldap-directory.ts';

const AUTHORITIES = 'access.ldap.authorities';

/** All that an edge has to do with a directory. */
export interface DirectoryParts {
  readonly domain: string;
  readonly signIn: DirectorySignIn;
  readonly users: DirectoryUsers;
}

export interface DirectoryMeans {
  readonly domain: string;
  readonly most: number;
  readonly isOurs: (record: string) => boolean;
  readonly edge: () => Pick<AccessEdge, 'beginPassword' | 'revoke'>;
  readonly onFailed: (why: string) => void;
}

/** Undefined where no directory is configured. Throws an OperatorError when its authorities can't be used. */
export function directoryFrom({ ldap }: AccessConfig, means: DirectoryMeans): DirectoryParts | undefined {
  if (ldap === undefined) return undefined;
  const { domain, most, isOurs, edge, onFailed } = means;
  const users = new DirectoryUsers({ domain, most, wall: clock.wall, onGone: record => edge().revoke(record) });
  const signIn = new DirectorySignIn({
    domain,
    isOurs,
    directory: directoryOf(ldap),
    begin: (user, address) => edge().beginPassword(user, address),
    now: clock.now,
    onFailed,
  });
  return { domain, signIn, users };
}

function directoryOf(ldap: NonNullable<AccessConfig['ldap']>): LdapDirectory {
  const authorities = authoritiesOf(ldap.authorities, AUTHORITIES);
  try {
    return new LdapDirectory(ldap, authorities);
  } catch (error) {
    throw unusableAuthorities(AUTHORITIES, `${ldap.authorities}: ${(error as Error).message}`);
  }
}
