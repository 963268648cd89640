import { statSync } from 'node:fs';
import { SipUsers } from '../../credentials/sip/index.ts';
import { readUsersFile } from '../users-file.ts';

export interface UsersSourceEvents {
  /** Removed, or with another password or side: signed in no longer. */
  onGone(records: readonly string[]): void;
  /** The file has become one that can't be used; who was known stays known. */
  onBroken(why: Error): void;
}

const REMEDY =
  'name in access.users a file that the user of this process may read; `sallyport users add NAME --domain DOMAIN` makes one';

/** The users of a file, read again when it changes. */
export class UsersSource {
  #users: SipUsers;
  #stamp: string;
  readonly #path: string;
  readonly #events: UsersSourceEvents;
  readonly #timer: NodeJS.Timeout;

  /** Throws an OperatorError when the file can't be used at the start. */
  constructor(path: string, everyMillis: number, events: UsersSourceEvents) {
    this.#path = path;
    this.#events = events;
    this.#stamp = stampOf(path);
    this.#users = new SipUsers(readUsersFile(path, REMEDY).file);
    this.#timer = setInterval(() => this.#look(), everyMillis);
    this.#timer.unref();
  }

  get users(): SipUsers {
    return this.#users;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const stamp = stampOf(this.#path);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    try {
      const before = this.#users;
      const now = new SipUsers(readUsersFile(this.#path).file);
      // digests are made of the domain, and we have said it to everybody
      if (now.domain !== before.domain) throw new Error(`${this.#path}: another domain needs a restart`);
      this.#users = now;
      const gone = this.#users.changedFrom(before);
      if (gone.length > 0) this.#events.onGone(gone);
    } catch (error) {
      this.#events.onBroken(error as Error);
    }
  }
}

function stampOf(path: string): string {
  const s = statSync(path, { throwIfNoEntry: false });
  return s === undefined ? 'missing' : `${s.ino}:${s.mtimeMs}:${s.size}`;
}
