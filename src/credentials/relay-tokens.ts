import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeUtf8, type Millis } from '../wire/index.ts';

/*
 * Relay tokens: time-limited credentials of the Microsoft dialect. The username says who may relay until when and is signed; the
 * password is made from the username. Any edge with the same secret knows both without having heard of them.
 *
 *   | version 1 | key id 4 | side 1 | expiry 4, seconds since 1970 | salt 8 | user, UTF-8 | HMAC-SHA256 over all before, 20 of 32 |
 *
 * All are raw bytes on the wire; as text they are base64. Each use of a secret has a key of its own, so that nothing signed for one
 * purpose is good for another.
 */

/** Which side of the edge a token is for. */
export type TokenSide = 'external' | 'internal';

export interface RelayToken {
  readonly user: string;
  readonly side: TokenSide;
  readonly expiresAt: Millis;
  readonly password: Uint8Array;
}

export interface MintedToken {
  readonly username: Uint8Array;
  readonly password: Uint8Array;
}

const VERSION = 1;
const SIDES: readonly TokenSide[] = ['external', 'internal'];
const SALT_LENGTH = 8;
const USER_AT = 18;
const SEAL_LENGTH = 20;
/** Of the user in a token, in bytes. */
export const LONGEST_TOKEN_USER = 200;
/** One salt in twenty gives bytes that libnice mangles; as many in a row as this none of a lifetime draws. */
const DRAWS = 64;

/** What a secret of the configuration signs tokens with. */
export class TokenKey {
  readonly id: Uint8Array;
  readonly #seal: Uint8Array;
  readonly #password: Uint8Array;

  constructor(secret: string) {
    const derive = (purpose: string) =>
      createHmac('sha256', secret).update(`sallyport relay token 1: ${purpose}`).digest();
    this.id = derive('key id').subarray(0, 4);
    this.#seal = derive('username');
    this.#password = derive('password');
  }

  sealOf(blob: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#seal).update(blob).digest().subarray(0, SEAL_LENGTH);
  }

  passwordOf(username: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#password).update(username).digest().subarray(0, SEAL_LENGTH);
  }
}

/** A token that no client mangles: salts are drawn until it is one. The user has been measured. */
export function mintRelayToken(
  key: TokenKey,
  side: TokenSide,
  user: string,
  expirySeconds: number,
  randomBytes: (length: number) => Uint8Array,
): MintedToken {
  for (let draw = 0; draw < DRAWS; draw++) {
    const blob = blobOf(key, side, user, expirySeconds, randomBytes(SALT_LENGTH));
    const username = Buffer.concat([blob, key.sealOf(blob)]);
    const password = key.passwordOf(username);
    if (!isMangled(username) && !isMangled(password)) return { username, password };
  }
  throw new Error('the random bytes do not change');
}

/** What a username says whose signature is right; undefined when it is no token of these keys. Whether it has expired the caller sees. */
export function readRelayToken(username: Uint8Array, keys: readonly TokenKey[]): RelayToken | undefined {
  const blobEnd = username.length - SEAL_LENGTH;
  const isLong = blobEnd >= USER_AT && blobEnd <= USER_AT + LONGEST_TOKEN_USER;
  if (!isLong || username[0] !== VERSION) return undefined;
  const blob = username.subarray(0, blobEnd);
  const seal = username.subarray(blobEnd);
  const key = keys.find(({ id }) => Buffer.compare(id, blob.subarray(1, 5)) === 0);
  if (key === undefined || !timingSafeEqual(key.sealOf(blob), seal)) return undefined;
  const side = SIDES[blob[5]!];
  const user = decodeUtf8(blob.subarray(USER_AT));
  if (side === undefined || user === undefined) return undefined;
  const expirySeconds = Buffer.from(blob.buffer, blob.byteOffset, blob.length).readUInt32BE(6);
  return { user, side, expiresAt: expirySeconds * 1000, password: key.passwordOf(username) };
}

function blobOf(key: TokenKey, side: TokenSide, user: string, expirySeconds: number, salt: Uint8Array): Uint8Array {
  const head = Buffer.alloc(USER_AT);
  head[0] = VERSION;
  head.set(key.id, 1);
  head[5] = SIDES.indexOf(side);
  head.writeUInt32BE(expirySeconds, 6);
  head.set(salt, 10);
  return Buffer.concat([head, Buffer.from(user, 'utf8')]);
}

/** libnice takes quotation marks and zeros at the ends for quoting and terminators, and hashes what is left. */
function isMangled(bytes: Uint8Array): boolean {
  const last = bytes.at(-1);
  return bytes[0] === 0x22 || last === 0x22 || last === 0;
}
