import { mayBePseudoTlsHello, PSEUDO_TLS_HELLO_LENGTH } from '../ms-turn/pseudo-tls.ts';
import { MS_ATTRIBUTES, MS_COOKIE, MS_HEADER_LENGTH, MS_SHORTEST } from '../ms-turn/registry.ts';
import { MAGIC_COOKIE } from '../stun/registry.ts';
import { readWord } from '../words.ts';

/** What a client of a TCP port speaks, told by its first bytes; `more` while there are too few of them. */
export type Greeting = 'tls' | 'pseudo-tls' | 'ms-turn' | 'stun' | 'unknown' | 'more';

/** TLS record type of a handshake: the first byte of a ClientHello (RFC 8446 §5.1). */
const TLS_HANDSHAKE = 0x16;
/** The first byte of a STUN message is below this (RFC 7983 §7). */
const STUN_BELOW = 4;
/** Type and reserved byte of a control frame of the Microsoft dialect. */
const MS_CONTROL = 0x0200;
const MS_FRAME = 4;
/** No more bytes than this are ever needed to decide. */
export const LONGEST_GREETING = PSEUDO_TLS_HELLO_LENGTH;

/** Reads b[0, length), the first bytes of a connection. Whatever they are, they decide by the 50th. */
export function greetingOf(b: Uint8Array, length: number): Greeting {
  const first = b[0]!;
  if (length === 0) return 'more';
  if (first === TLS_HANDSHAKE) return tlsKind(b, length);
  if (first >= STUN_BELOW) return 'unknown';
  return first === MS_CONTROL >> 8 ? stunKind(b, length) : 'stun';
}

function tlsKind(b: Uint8Array, length: number): Greeting {
  if (!mayBePseudoTlsHello(b, length)) return 'tls';
  return length < PSEUDO_TLS_HELLO_LENGTH ? 'more' : 'pseudo-tls';
}

/** 02 begins a frame of the Microsoft dialect, whose message shows its cookie, or a STUN message of a method we do not know. */
function stunKind(b: Uint8Array, length: number): Greeting {
  if (length < 8) return 'more';
  if (readWord(b, 4) === MAGIC_COOKIE) return 'stun';
  if (length < MS_FRAME + MS_SHORTEST) return 'more';
  const cookie = MS_FRAME + MS_HEADER_LENGTH;
  const isCookie =
    readWord(b, cookie) === ((MS_ATTRIBUTES.MagicCookie << 16) | 4) && readWord(b, cookie + 4) === MS_COOKIE;
  return isCookie && b[1] === 0 ? 'ms-turn' : 'unknown';
}
