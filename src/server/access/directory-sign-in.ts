import type { DirectoryDenial } from '../../control/http/index.ts';
import { isUserName } from '../../credentials/sip/index.ts';
import type { Attempt } from '../../sip/index.ts';
import type { Millis } from '../../wire/index.ts';
import { whyOf } from './ldap-directory.ts';

/** At once: each takes a connection, and up to three seconds. */
const QUESTIONS = 32;

export interface DirectorySignInParts {
  readonly domain: string;
  /** Whether this address is that of a user of ours: the directory says nothing about those. */
  readonly isOurs: (record: string) => boolean;
  readonly directory: { isPassword(user: string, password: string): Promise<boolean> };
  readonly begin: (user: string, address: string) => Attempt | 'locked-out' | 'too-many-at-once';
  readonly now: () => Millis;
  readonly onFailed: (why: string) => void;
}

/** Whose passwords the directory is asked about, and what it says: with no more tries than for users of the file. */
export class DirectorySignIn {
  readonly #parts: DirectorySignInParts;
  #asking = 0;

  constructor(parts: DirectorySignInParts) {
    this.#parts = parts;
  }

  /** The short name of whom the directory is to be asked about (`Dora@Example.Test` is dora); undefined: it is a user's of ours, or nobody's. */
  nameOf(username: string): string | undefined {
    const { domain, isOurs } = this.#parts;
    const [name = '', host = domain, ...more] = username.toLowerCase().split('@');
    if (host !== domain || more.length > 0 || !isUserName(name)) return undefined;
    return isOurs(`sip:${name}@${domain}`) ? undefined : name;
  }

  /** What is wrong; undefined: it is his password. Lockouts are looked at before the directory is asked. */
  async denial(name: string, password: string, address: string): Promise<DirectoryDenial | undefined> {
    const { begin, directory, now, onFailed } = this.#parts;
    if (this.#asking >= QUESTIONS) return 'directory-busy';
    const attempt = begin(name, address);
    if (attempt === 'too-many-at-once') return 'directory-busy';
    if (attempt === 'locked-out') return attempt;
    this.#asking++;
    let isRight: boolean | undefined;
    try {
      isRight = await directory.isPassword(name, password);
    } catch (error) {
      onFailed(whyOf(error));
    } finally {
      this.#asking--;
      attempt.end(isRight, now());
    }
    if (isRight === undefined) return 'directory-failed';
    return isRight ? undefined : 'wrong-password';
  }
}
