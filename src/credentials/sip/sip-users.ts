import type { UserAlgorithm, UserEntry, UserSide, UsersFile } from './users-schema.ts';

/** A user of the Access Edge: in the words of `sip`'s question. */
export interface AccessUser {
  readonly record: string;
  readonly aliases: readonly string[];
  readonly algorithm: UserAlgorithm;
  /** The side he may sign in from. */
  readonly side: UserSide;
}

interface Known {
  readonly user: AccessUser;
  readonly entry: UserEntry;
}

/** The users of a file, found by address and by what they sign in as. Replaced as a whole when the file changes. */
export class SipUsers {
  readonly domain: string;
  readonly #byAddress = new Map<string, AccessUser>();
  readonly #byLogin = new Map<string, Known & { readonly form: 0 | 1 }>();

  constructor({ domain, users }: UsersFile) {
    this.domain = domain;
    for (const [name, entry] of Object.entries(users)) {
      const { aliases, algorithm, side } = entry;
      const user = { record: `sip:${name}@${domain}`, aliases, algorithm, side };
      for (const address of [user.record, ...aliases]) this.#byAddress.set(address, user);
      this.#byLogin.set(name, { user, entry, form: 0 });
      this.#byLogin.set(`${name}@${domain}`, { user, entry, form: 1 });
    }
  }

  get size(): number {
    return this.#byLogin.size / 2;
  }

  /** By address of record or alias. */
  user(record: string): AccessUser | undefined {
    return this.#byAddress.get(record);
  }

  /** By the username of a digest: `alice` or `alice@example.test`. */
  secret(username: string, algorithm: UserAlgorithm): { user: AccessUser; ha1: string } | undefined {
    const known = this.#byLogin.get(username);
    return known === undefined ? undefined : { user: known.user, ha1: known.entry.hashes[algorithm][known.form] };
  }

  /** Who was there before and is not now, or has another password: signed in no longer. */
  changedFrom(before: SipUsers): string[] {
    const gone = [...before.#byLogin].filter(([login, { entry }]) => {
      const now = this.#byLogin.get(login);
      return JSON.stringify(now?.entry.hashes) !== JSON.stringify(entry.hashes) || now?.entry.side !== entry.side;
    });
    return [...new Set(gone.map(([, { user }]) => user.record))];
  }
}
