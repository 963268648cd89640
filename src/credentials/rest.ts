import { ANONYMOUS } from '../policy/index.ts';
import { type KeyedHmac, keyedHmac, LONGEST_USERNAME, type Millis } from '../wire/index.ts';

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

const SHA1 = 20;
const utf8 = new TextEncoder();

/** What minting applications share with us. */
export class RestSecret {
  readonly #hmac: KeyedHmac;
  readonly #digest = Buffer.alloc(SHA1);

  constructor(secret: string) {
    this.#hmac = keyedHmac('sha1', utf8.encode(secret), LONGEST_USERNAME);
  }

  /** base64(HMAC-SHA1(secret, username)), as UTF-8. Throws a RangeError when no STUN message can hold the username. */
  passwordOf(username: string): string {
    const { read, written } = utf8.encodeInto(username, this.#hmac.message);
    if (read < username.length) throw new RangeError(`a username has at most ${LONGEST_USERNAME} bytes`);
    this.#hmac.into(this.#digest, 0, written);
    return this.#digest.toString('base64');
  }
}

export function restPassword(secret: string, username: string): string {
  return new RestSecret(secret).passwordOf(username);
}
