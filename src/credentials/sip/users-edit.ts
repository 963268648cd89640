import { Document, isMap } from 'yaml';
import { longTermKey } from '../../wire/index.ts';
import type { UserAlgorithm, UserSide } from './users-schema.ts';
import type { UsersDocument } from './users-text.ts';

const HEAD = ` Users of Sallyport's Access Edge. A hash here signs in as well as its password does: keep this file to yourself.
 Written by \`sallyport users\`; changes by hand stay.`;

export interface NewUser {
  readonly name: string;
  readonly password: string;
  readonly side?: UserSide;
  readonly aliases?: readonly string[];
  readonly algorithm?: UserAlgorithm;
}

/** The text of a file with nobody in it. */
export function newUsersText(domain: string): string {
  const document = new Document({ domain });
  document.commentBefore = HEAD;
  return document.toString();
}

/** The text with this user in it, in the place of one of that name. */
export function textWithUser({ file, document }: UsersDocument, user: NewUser): string {
  const { name, password, side = 'any', aliases = [], algorithm = 'MD5' } = user;
  const users = document.get('users');
  if (isMap(users)) users.flow = false; // as it is written by hand
  document.setIn(
    ['users', name],
    document.createNode({ side, aliases, algorithm, hashes: hashesOf(name, file.domain, password) }),
  );
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

export function textWithoutUser({ document }: UsersDocument, name: string): string {
  document.deleteIn(['users', name]);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** The realm is the domain. Clients sign with the short name or the long one, as they were told to. */
export function hashesOf(name: string, domain: string, password: string): Record<UserAlgorithm, [string, string]> {
  const of = (algorithm: 'md5' | 'sha-256'): [string, string] => [
    hex(longTermKey(algorithm, name, domain, password)),
    hex(longTermKey(algorithm, `${name}@${domain}`, domain, password)),
  ];
  return { MD5: of('md5'), 'SHA-256': of('sha-256') };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
