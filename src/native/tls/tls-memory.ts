import { Arena } from '../arena.ts';
import type { Pointer } from '../libc.ts';
import type { Native } from '../load.ts';
import type { OpenSsl } from './openssl.ts';

/** Ciphertext taken at once. */
export const MOST_TAKEN = 64 * 1024;
/** What can be in clear at once: what was taken, and a record of which all but the end had come before. */
const MOST_CLEAR = MOST_TAKEN + 32 * 1024;
/** Bytes in clear that are sealed at once. */
export const MOST_SEALED = 64 * 1024;

/**
 * What all sessions of this process share. A session uses it only while it is called, and leaves both BIOs empty: OpenSSL keeps the
 * beginning of a record in memory of the session's own, and what there is to send is fetched before anybody else is called.
 */
export class TlsMemory {
  readonly openSsl: OpenSsl;
  /** What came from the network. */
  readonly incoming: Pointer;
  /** What is to go there. */
  readonly outgoing: Pointer;
  /** Bytes in clear that were received. */
  readonly clear: Arena;
  /** Bytes in clear that are to be sent. */
  readonly open: Arena;

  static #shared: TlsMemory | undefined;

  static of(native: Native, openSsl: OpenSsl): TlsMemory {
    TlsMemory.#shared ??= new TlsMemory(native, openSsl);
    return TlsMemory.#shared;
  }

  private constructor(native: Native, openSsl: OpenSsl) {
    this.openSsl = openSsl;
    this.incoming = openSsl.BIO_new(openSsl.BIO_s_mem());
    this.outgoing = openSsl.BIO_new(openSsl.BIO_s_mem());
    this.clear = new Arena(native, MOST_CLEAR);
    this.open = new Arena(native, MOST_SEALED);
  }
}
