import { ANONYMOUS } from '../policy/index.ts';
import { decodeUtf8, LONGEST_USERNAME, longTermKey, type Millis, msLongTermKey } from '../wire/index.ts';
import type { Credential, MintedCredential, NoCredential, NotMinted, PasswordAlgorithm } from './credential.ts';
import { type FirstUse, FirstUses } from './first-uses.ts';
import { LONGEST_TOKEN_USER, mintRelayToken, readRelayToken, TokenKey, type TokenSide } from './relay-tokens.ts';
import { type RestName, RestSecret, readRestName, restName } from './rest.ts';
import { type User, Users } from './users.ts';

/** No credential is minted for longer or lives longer, whatever is configured. */
export const LIFETIME_LIMIT_SECONDS = 8 * 3600;
/** How far apart the clocks of two edges may be: one may mint what the other checks. */
const CLOCK_SKEW_SECONDS = 300;

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
  readonly #secrets: readonly RestSecret[];
  readonly #tokenKeys: readonly TokenKey[];
  readonly #users: Users;
  readonly #lifetimeSeconds: number;
  readonly #firstUses: FirstUses;
  readonly #onFirstUse: ((use: FirstUse) => void) | undefined;

  constructor(settings: CredentialSettings) {
    this.#realm = settings.realm;
    this.#secrets = settings.secrets.map(secret => new RestSecret(secret));
    this.#tokenKeys = settings.secrets.map(secret => new TokenKey(secret));
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
      longTermKey(algorithm, username, this.#realm, secret.passwordOf(username)),
    );
    return { user: username, identity: name.identity, keys, expiresAt };
  }

  /**
   * By the raw bytes of a username of the Microsoft dialect: a relay token, which is good on its own side only, or the text of any other
   * credential.
   */
  findByBytes(username: Uint8Array, side: TokenSide, now: Millis): Credential | NoCredential | 'wrong-side' {
    const token = readRelayToken(username, this.#tokenKeys);
    if (token === undefined) {
      const name = username.length > LONGEST_USERNAME ? undefined : decodeUtf8(username);
      return name === undefined ? 'unknown-user' : this.find(name, 'md5', now);
    }
    const { user, expiresAt, password } = token;
    if (expiresAt > now + (LIFETIME_LIMIT_SECONDS + CLOCK_SKEW_SECONDS) * 1000) return 'unknown-user';
    if (expiresAt <= now) return 'credential-expired';
    if (token.side !== side) return 'wrong-side';
    const keys = [msLongTermKey('md5', username, this.#realm, password)];
    return { user: `token:${expiresAt / 1000}:${user}`, identity: user === '' ? ANONYMOUS : user, keys, expiresAt };
  }

  /** By USERHASH: static users only (who never expire), since no hash leads back to a name nobody has heard of. */
  findByHash(userhash: Uint8Array, algorithm: PasswordAlgorithm, _now: Millis): Credential | NoCredential {
    const user = this.#users.hashed(userhash);
    return user ? credentialOf(user, algorithm) : 'unknown-user';
  }

  /** A relay token for a client of the Microsoft dialect, as the base64 text that such clients are configured with. */
  mintToken(
    user: string,
    side: TokenSide,
    lifetimeSeconds: number | undefined,
    now: Millis,
    randomBytes: (length: number) => Uint8Array,
  ): MintedCredential | NotMinted {
    const key = this.#tokenKeys[0];
    if (key === undefined) return 'no-secret';
    const granted = this.#grant(user, lifetimeSeconds, now);
    if (typeof granted === 'string') return granted;
    if (Buffer.byteLength(user, 'utf8') > LONGEST_TOKEN_USER) return 'user-too-long';
    const { username, password } = mintRelayToken(key, side, user, granted.expirySeconds, randomBytes);
    return {
      username: Buffer.from(username).toString('base64'),
      password: Buffer.from(password).toString('base64'),
      expiresAt: granted.expirySeconds * 1000,
      lifetimeSeconds: granted.lifetime,
    };
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
    const granted = this.#grant(user, lifetimeSeconds, now);
    if (typeof granted === 'string') return granted;
    const { lifetime, expirySeconds } = granted;
    const username = restName(expirySeconds, user);
    if (Buffer.byteLength(username, 'utf8') > LONGEST_USERNAME) return 'user-too-long';
    const password = secret.passwordOf(username);
    return { username, password, expiresAt: expirySeconds * 1000, lifetimeSeconds: lifetime };
  }

  #grant(
    user: string,
    lifetimeSeconds: number | undefined,
    now: Millis,
  ): { readonly lifetime: number; readonly expirySeconds: number } | NotMinted {
    if (!user.isWellFormed()) return 'user-not-unicode';
    const lifetime = Math.floor(Math.min(lifetimeSeconds ?? this.#lifetimeSeconds, this.#lifetimeSeconds));
    if (!(lifetime > 0)) return 'lifetime-not-positive';
    return { lifetime, expirySeconds: Math.floor(now / 1000) + lifetime };
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
