import { createHmac } from 'node:crypto';
import { ANONYMOUS } from '../policy/index.ts';
import type { Millis } from '../wire/index.ts';

/*
 * Time-limited credentials as coturn's `use-auth-secret` and the TURN REST draft have them: the username is `expiry:user` or
 * `expiry` alone, in seconds since 1970; the password is made from it with a secret that the minting application shares with us.
 */

export interface RestName {
  readonly expiresAt: Millis;
  /** The part after the expiry: whoever the application minted it for. Empty when it says nobody. */
  readonly identity: string;
}

/** Thirteen digits also take the milliseconds that some applications write by mistake; they are read as the far future. */
const EXPIRY = /^(\d{1,13})(?::|$)/;

/** What a username of this kind says, or undefined when it is of another kind. */
export function readRestName(username: string): RestName | undefined {
  const digits = EXPIRY.exec(username)?.[1];
  if (digits === undefined) return undefined;
  const identity = username.slice(digits.length + 1);
  return { expiresAt: Number(digits) * 1000, identity: identity === '' ? ANONYMOUS : identity };
}

export function restName(expirySeconds: number, user: string): string {
  return user === '' ? `${expirySeconds}` : `${expirySeconds}:${user}`;
}

/** base64(HMAC-SHA1(secret, username)), as UTF-8. */
export function restPassword(secret: string, username: string): string {
  return createHmac('sha1', secret).update(username, 'utf8').digest('base64');
}
