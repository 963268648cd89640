import { LONGEST_USERNAME, longTermKey, type Millis } from '../wire/index.ts';
import type { Credential, MintedCredential, NoCredential, NotMinted, PasswordAlgorithm } from './credential.ts';
import { type FirstUse, FirstUses } from './first-uses.ts';
import { type RestName, readRestName, restName, restPassword } from './rest.ts';
import { type User, Users } from './users.ts';

/** No credential is minted for longer or lives longer, whatever is configured. */
export const LIFETIME_LIMIT_SECONDS = 8 * 3600;

export interface CredentialSettings {
  readonly realm: string;
  /** The first mints, all verify. */
  readonly secrets: readonly string[];
  /** Passwords by name. A static user goes before a time-limited credential of the same name. */
  readonly users: Readonly<Record<string, string>>;
  /** How long a credential is minted for and the longest it lives; at most eight hours. */
  readonly lifetimeSeconds: number;
  /** How many over-long credentials are remembered. */
  readonly overLongLimit?: number;
  /** Told of each over-long credential that is remembered, for those who share the work. */
  readonly onFirstUse?: (use: FirstUse) => void;
}

/** Who may use the relay: static users and time-limited credentials together. It is told the wall clock. */
export class Credentials {
  readonly #realm: string;
  readonly #secrets: readonly string[];
  readonly #users: Users;
  readonly #lifetimeSeconds: number;
  readonly #firstUses: FirstUses;
  readonly #onFirstUse: ((use: FirstUse) => void) | undefined;

  constructor(settings: CredentialSettings) {
    this.#realm = settings.realm;
    this.#secrets = settings.secrets;
    this.#users = new Users(settings.realm, settings.users);
    this.#lifetimeSeconds = Math.min(settings.lifetimeSeconds, LIFETIME_LIMIT_SECONDS);
    this.#firstUses = new FirstUses(settings.overLongLimit ?? 100_000);
    this.#onFirstUse = settings.onFirstUse;
  }

  /** How many over-long credentials are remembered now. */
  get overLong(): number {
    return this.#firstUses.size;
  }

  find(username: string, algorithm: PasswordAlgorithm, now: Millis): Credential | NoCredential {
    const user = this.#users.named(username);
    if (user) return credentialOf(user, algorithm);
    const name = this.#secrets.length > 0 ? readRestName(username) : undefined;
    if (name === undefined) return 'unknown-user';
    const expiresAt = this.#endOf(username, name, now);
    if (expiresAt <= now) return 'credential-expired';
    const keys = this.#secrets.map(secret =>
      longTermKey(algorithm, username, this.#realm, restPassword(secret, username)),
    );
    return { user: username, identity: name.identity, keys, expiresAt };
  }

  /** By USERHASH: static users only (who never expire), since no hash leads back to a name nobody has heard of. */
  findByHash(userhash: Uint8Array, algorithm: PasswordAlgorithm, _now: Millis): Credential | NoCredential {
    const user = this.#users.hashed(userhash);
    return user ? credentialOf(user, algorithm) : 'unknown-user';
  }

  /** Told when a request has proven that it knows the password: the life of an over-long credential starts with the first. */
  accepted(username: string, now: Millis): void {
    if (this.#users.named(username)) return;
    const name = readRestName(username);
    if (name === undefined || !this.#isOverLong(name, now)) return;
    const use = this.#firstUses.remember(username, name.expiresAt, now);
    if (use !== undefined) this.#onFirstUse?.(use);
  }

  /** Everything remembered, for a worker that starts. */
  firstUses(): FirstUse[] {
    return this.#firstUses.all();
  }

  /** What another worker has seen for the first time. */
  learn(use: FirstUse, now: Millis): void {
    this.#firstUses.learn(use, now);
  }

  /** A new credential for a user, or for nobody in particular when `user` is empty. Asked for more than the limit, it gives the limit. */
  mint(user: string, lifetimeSeconds: number | undefined, now: Millis): MintedCredential | NotMinted {
    const secret = this.#secrets[0];
    if (secret === undefined) return 'no-secret';
    if (!user.isWellFormed()) return 'user-not-unicode';
    const lifetime = Math.floor(Math.min(lifetimeSeconds ?? this.#lifetimeSeconds, this.#lifetimeSeconds));
    if (!(lifetime > 0)) return 'lifetime-not-positive';
    const expirySeconds = Math.floor(now / 1000) + lifetime;
    const username = restName(expirySeconds, user);
    if (Buffer.byteLength(username, 'utf8') > LONGEST_USERNAME) return 'user-too-long';
    const password = restPassword(secret, username);
    return { username, password, expiresAt: expirySeconds * 1000, lifetimeSeconds: lifetime };
  }

  /** When the credential ends here: at its own expiry, or for an over-long one when its life since its first use is over (ADR 0006). */
  #endOf(username: string, name: RestName, now: Millis): Millis {
    const firstUse = this.#firstUses.of(username);
    if (firstUse !== undefined) return Math.min(name.expiresAt, firstUse + this.#lifetimeSeconds * 1000);
    if (!this.#isOverLong(name, now)) return name.expiresAt;
    return this.#firstUses.isFull(now) ? now : now + this.#lifetimeSeconds * 1000;
  }

  #isOverLong({ expiresAt }: RestName, now: Millis): boolean {
    return expiresAt > now + this.#lifetimeSeconds * 1000;
  }
}

function credentialOf(user: User, algorithm: PasswordAlgorithm): Credential {
  return {
    user: user.name,
    identity: user.name,
    keys: user.keys[algorithm],
    expiresAt: Number.POSITIVE_INFINITY,
  };
}
