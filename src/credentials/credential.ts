import type { Millis } from '../wire/index.ts';

export type PasswordAlgorithm = 'md5' | 'sha-256';

/** A user who may be authenticated: in the words of `turn`'s question. */
export interface Credential {
  /** The whole username. */
  readonly user: string;
  /** Whom quotas count: the part after the expiry, the name of a static user, or ANONYMOUS of `policy`. */
  readonly identity: string;
  /** The candidate long-term keys, in the order of the secrets. */
  readonly keys: readonly Uint8Array[];
  readonly expiresAt: Millis;
}

export type NoCredential = 'unknown-user' | 'credential-expired';

export interface MintedCredential {
  readonly username: string;
  readonly password: string;
  readonly expiresAt: Millis;
  readonly lifetimeSeconds: number;
}

/** Why nothing could be minted. */
export type NotMinted = 'no-secret' | 'lifetime-not-positive' | 'user-too-long' | 'user-not-unicode';
