import { readUint16At, readWord } from '../words.ts';
import { MS_ATTRIBUTES, MS_COOKIE, MS_HEADER_LENGTH, MS_SHORTEST } from './registry.ts';

/** Type and length of the cookie attribute. */
const COOKIE_HEADER = (MS_ATTRIBUTES.MagicCookie << 16) | 4;

/**
 * Whether bytes[start, end) are one message of the Microsoft dialect: its cookie is its first attribute (MS-TURN §2.2.2.8). The cookie
 * of RFC 8489 decides nothing, since the transaction id may hold it. Allocates nothing.
 */
export function isMsTurn(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < MS_SHORTEST || bytes[start]! > 0x3f) return false;
  const cookie = start + MS_HEADER_LENGTH;
  return (
    readWord(bytes, cookie + 4) === MS_COOKIE &&
    readWord(bytes, cookie) === COOKIE_HEADER &&
    readUint16At(bytes, start + 2) === end - cookie
  );
}
