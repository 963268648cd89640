import { createHmac, randomBytes } from 'node:crypto';
import { type AccessUser, isUserName } from '../../credentials/sip/index.ts';
import { type DigestAlgorithm, digestHa1 } from '../../sip/index.ts';
import type { Millis } from '../../wire/index.ts';

/** What signs a user of the directory in over SIP, until it ends. */
export interface SipPassword {
  /** The username of digests: `1795292293.alice`. The address stays alice's. */
  readonly user: string;
  readonly password: string;
  readonly expiresAt: Millis;
}

export interface DirectoryUsersParts {
  readonly domain: string;
  /** Users at once. */
  readonly most: number;
  readonly wall: () => Millis;
  /** The last password that a user was given has ended. */
  readonly onGone: (record: string) => void;
}

/**
 * Users of a directory while a password that we gave them lives. A digest needs a secret that we know, and a directory shows none: so
 * whoever has shown his password over HTTPS is given one of ours, which is made of its end and stored nowhere. Its key is this
 * process's: after a restart all sign in anew.
 */
export class DirectoryUsers {
  readonly #parts: DirectoryUsersParts;
  readonly #key = randomBytes(32);
  readonly #here = new Map<string, { readonly until: Millis; readonly timer: NodeJS.Timeout }>();

  constructor(parts: DirectoryUsersParts) {
    this.#parts = parts;
  }

  /** Undefined: there are too many already. */
  admit(name: string, expiresAt: Millis): SipPassword | undefined {
    const { domain, most, wall, onGone } = this.#parts;
    const record = recordOf(name, domain);
    const known = this.#here.get(record);
    if (known === undefined && this.#here.size >= most) return undefined;
    const seconds = Math.floor(expiresAt / 1000);
    const until = Math.max(seconds * 1000, known?.until ?? 0);
    clearTimeout(known?.timer);
    const timer = setTimeout(
      () => {
        this.#here.delete(record);
        onGone(record);
      },
      Math.max(0, until - wall()),
    );
    timer.unref();
    this.#here.set(record, { until, timer });
    const user = `${seconds}.${name}`;
    return { user, password: this.#passwordOf(user), expiresAt: seconds * 1000 };
  }

  /** By address of record. */
  user(record: string): AccessUser | undefined {
    const known = this.#here.get(record);
    if (known === undefined || known.until <= this.#parts.wall()) return undefined;
    return { record, aliases: [], algorithm: 'MD5', side: 'any' };
  }

  secret(username: string, algorithm: DigestAlgorithm): { user: AccessUser; ha1: string } | undefined {
    const { domain, wall } = this.#parts;
    const [, seconds, name = ''] = /^([0-9]{1,12})\.(.+)$/.exec(username) ?? [];
    if (seconds === undefined || Number(seconds) * 1000 <= wall() || !isUserName(name)) return undefined;
    const user = this.user(recordOf(name, domain));
    return user && { user, ha1: digestHa1(algorithm, username, domain, this.#passwordOf(username)) };
  }

  close(): void {
    for (const { timer } of this.#here.values()) clearTimeout(timer);
    this.#here.clear();
  }

  #passwordOf(user: string): string {
    return createHmac('sha256', this.#key).update(user).digest('base64url');
  }
}

function recordOf(name: string, domain: string): string {
  return `sip:${name}@${domain}`;
}
